#include "ops/gather/gather.h"
#include "ops/moves_cuda.h"

namespace tenon {

namespace {

class GatherRows final : public DeviceGathers {
 public:
  GatherRows(Device& device, const Node& node, ElementType index)
      : DeviceGathers(device, node, index), axis_(axis_of(as<Gather>(node)->axis, node.input(0).type().rank())) {}
  void run(const Call& call) const override {
    const Extents &x = call.in[0].extents, &indices = call.in[1].extents;
    int64_t outer = x.count_between(0, axis_), inner = x.count_between(axis_ + 1, x.rank), extent = x[axis_];
    if (call.out[0].count() == 0) return;
    Extents rows{outer, indices.count(), inner}, from{extent * inner, 0, 1}, by{0, 1, 0};
    cuda::MoveArguments a = cuda::move_arguments(rows, from, strides_of(rows), &by);
    a.depth = 1, a.range[0] = extent, a.step[0] = inner;
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
  return std::make_unique<GatherRows>(*target.device, offer.region.root(), offer.operands[1].format.element);
}

constexpr NodeKernel kernels[] = {{"cuda.gather", fit, prepare}};

}  // namespace

extern const NodeKernels gather_cuda;
const NodeKernels gather_cuda = kernels;

}  // namespace tenon
