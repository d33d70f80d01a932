#include "kernels/cpu/strided_move.h"
#include "ops/transpose/transpose.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

class TransposeMove final : public Kernel {
 public:
  explicit TransposeMove(std::vector<int> axes) : axes_(std::move(axes)) {}
  void run(const Call& call) const override {
    const View& y = call.out[0];
    Extents steps = strides_of(call.in[0].extents), from = y.extents;
    for (int i = 0; i < from.rank; ++i) from[i] = steps[axes_[size_t(i)]];
    strided_move({y.extents, from, strides_of(y.extents)}, size_bytes(y.element), call.in[0].data, y.data,
                 call.workers);
  }

 private:
  std::vector<int> axes_;
};

std::string fit(const Node&, const Target& target, Offer& offer) {
  price(offer, target, 0, 1, 1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  const Node& node = offer.region.root();
  return std::make_unique<TransposeMove>(as<Transpose>(node)->axes_of_x(node.input(0).type().rank()));
}

constexpr NodeKernel kernels[] = {{"transpose.move", fit, prepare}};

}  // namespace

extern const NodeKernels transpose_cpu;
const NodeKernels transpose_cpu = kernels;

}  // namespace tenon
