#include "ops/moves_cuda.h"
#include "ops/transpose/transpose.h"

namespace tenon {

namespace {

class TransposeMove final : public Kernel {
 public:
  TransposeMove(Device& device, std::vector<int> axes) : moves_(device), axes_(std::move(axes)) {}
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    Extents steps = strides_of(x.extents), from = y.extents;
    for (int i = 0; i < from.rank; ++i) from[i] = steps[axes_[size_t(i)]];
    moves_.move(y.extents, x.data, from, y.data, strides_of(y.extents), size_bytes(y.element), call.stream);
  }

 private:
  DeviceMoves moves_;
  std::vector<int> axes_;  // of x, for each of y
};

std::string fit(const Node&, const Target&, Offer&) { return ""; }

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  const Node& node = offer.region.root();
  return std::make_unique<TransposeMove>(*target.device, as<Transpose>(node)->axes_of_x(node.input(0).type().rank()));
}

constexpr NodeKernel kernels[] = {{"cuda.transpose", fit, prepare}};

}  // namespace

extern const NodeKernels transpose_cuda;
const NodeKernels transpose_cuda = kernels;

}  // namespace tenon
