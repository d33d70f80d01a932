#include "ops/expand/expand.h"
#include "ops/moves_cuda.h"

namespace tenon {

namespace {

class ExpandMove final : public Kernel {
 public:
  explicit ExpandMove(Device& device) : moves_(device) {}
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    for (int d = y.rank() - 1, k = x.rank() - 1; k >= 0; --d, --k)
      check(x[k] == 1 || x[k] == y[d], "cannot broadcast ", x.extents, " to ", y.extents);
    moves_.move(y.extents, x.data, broadcast_strides(x.extents, y.extents), y.data, strides_of(y.extents),
                size_bytes(y.element), call.stream);
  }

 private:
  DeviceMoves moves_;
};

std::string fit(const Node&, const Target& target, Offer& offer) {
  offer.operands.resize(1);  // the shape has done its work
  price_on_device(offer, target, 0, 1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer&, const Target& target) {
  return std::make_unique<ExpandMove>(*target.device);
}

constexpr NodeKernel kernels[] = {{"cuda.expand", fit, prepare}};

}  // namespace

extern const NodeKernels expand_cuda;
const NodeKernels expand_cuda = kernels;

}  // namespace tenon
