// One launch a part, plain or channels last.
#include "ops/moves_cuda.h"
#include "ops/split/split.h"
#include "regions/cuda_generated/kernels.h"

namespace tenon {

namespace {

class SplitMoves final : public Kernel {
 public:
  SplitMoves(Device& device, int axis, Layout layout) : moves_(device), axis_(axis), layout_(layout) {}
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    Extents from = cuda::strides_in(layout_, x.extents, x.extents);
    int64_t bytes = size_bytes(x.element), done = 0;
    for (const View& y : call.out) {
      check(done + y[axis_] <= x[axis_], "a part ", y.extents, " does not fit into ", x.extents);
      moves_.move(y.extents, x.as<std::byte>() + done * from[axis_] * bytes, from, y.data,
                  cuda::strides_in(layout_, y.extents, y.extents), bytes, call.stream);
      done += y[axis_];
    }
    check(done == x[axis_], "the parts do not make up ", x.extents);
  }

 private:
  DeviceMoves moves_;
  int axis_;
  Layout layout_;
};

template <Layout layout>
std::string fit(const Node&, const Target& target, Offer& offer) {
  if (std::string reason = use_device_layout(offer, layout); !reason.empty()) return reason;
  price_on_device(offer, target, 0, 1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  const Node& node = offer.region.root();
  return std::make_unique<SplitMoves>(*target.device, axis_of(as<Split>(node)->axis, node.input(0).type().rank()),
                                      offer.results[0].layout);
}

constexpr NodeKernel kernels[] = {{"cuda.split", fit<Layout::plain>, prepare},
                                  {"cuda.split", fit<Layout::nhwc>, prepare}};

}  // namespace

extern const NodeKernels split_cuda;
const NodeKernels split_cuda = kernels;

}  // namespace tenon
