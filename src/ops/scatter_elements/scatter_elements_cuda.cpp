// A line along the axis is one thread's.
#include "ops/scatter_cuda.h"
#include "ops/scatter_elements/scatter_elements.h"

namespace tenon {

namespace {

class ScatterElementsLines final : public DeviceScatter {
 public:
  ScatterElementsLines(Device& device, const Node& node, const Offer& offer)
      : DeviceScatter(device, node, as<ScatterElements>(node)->reduction, offer),
        axis_(axis_of(as<ScatterElements>(node)->axis, node.input(0).type().rank())) {}
  void run(const Call& call) const override {
    const Extents &x = call.in[0].extents, &updates = call.in[2].extents;
    copy_x(call);
    if (updates.count() == 0) return;
    check(updates == call.in[1].extents, "the updates are ", updates, ", the indices ", call.in[1].extents);
    for (int d = 0; d < x.rank; ++d)
      check(d == axis_ || updates[d] <= x[d], "the indices ", updates, " exceed ", x, " on axis ", d);
    Extents lines = updates, to = strides_of(x), steps = strides_of(updates);
    lines[axis_] = 1;
    cuda::ScatterArguments a = cuda::scatter_arguments(lines, to, steps, steps);
    a.length = updates[axis_], a.update_step = a.index_step = steps[axis_];
    a.depth = 1, a.range[0] = x[axis_], a.step[0] = to[axis_];
    scatter(call, a);
  }

 private:
  int axis_;
};

std::string fit(const Node& node, const Target& target, Offer& offer) {
  int axis = axis_of(as<ScatterElements>(node)->axis, node.input(0).type().rank());
  price_scattered(offer, target, at(node.input(2).shape(), target.typical)[axis]);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  return std::make_unique<ScatterElementsLines>(*target.device, offer.region.root(), offer);
}

constexpr NodeKernel kernels[] = {{"cuda.scatter_elements", fit, prepare}};

}  // namespace

extern const NodeKernels scatter_elements_cuda;
const NodeKernels scatter_elements_cuda = kernels;

}  // namespace tenon
