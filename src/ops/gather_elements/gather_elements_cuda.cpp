#include "ops/gather_elements/gather_elements.h"
#include "ops/moves_cuda.h"

namespace tenon {

namespace {

class GatherElementsThreads final : public DeviceGathers {
 public:
  GatherElementsThreads(Device& device, const Node& node, ElementType index)
      : DeviceGathers(device, node, index),
        axis_(axis_of(as<GatherElements>(node)->axis, node.input(0).type().rank())) {}
  void run(const Call& call) const override {
    const Extents &x = call.in[0].extents, &y = call.out[0].extents;
    if (y.count() == 0) return;
    for (int d = 0; d < x.rank; ++d)
      check(d == axis_ || y[d] <= x[d], "the indices ", y, " exceed ", x, " on axis ", d);
    Extents from = strides_of(x), steps = strides_of(y);
    int64_t step = std::exchange(from[axis_], 0);
    cuda::MoveArguments a = cuda::move_arguments(y, from, steps, &steps);
    a.depth = 1, a.range[0] = x[axis_], a.step[0] = step;
    gather(call, a, call.in[0].data);
  }

 private:
  int axis_;
};

std::string fit(const Node&, const Target& target, Offer& offer) {
  price_moved(offer, target);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  return std::make_unique<GatherElementsThreads>(*target.device, offer.region.root(), offer.operands[1].format.element);
}

constexpr NodeKernel kernels[] = {{"cuda.gather_elements", fit, prepare}};

}  // namespace

extern const NodeKernels gather_elements_cuda;
const NodeKernels gather_elements_cuda = kernels;

}  // namespace tenon
