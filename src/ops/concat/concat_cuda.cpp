// One launch an operand, plain or channels last.
#include "ops/concat/concat.h"
#include "ops/moves_cuda.h"
#include "regions/cuda_generated/kernels.h"

namespace tenon {

namespace {

class ConcatMoves final : public Kernel {
 public:
  ConcatMoves(Device& device, int axis, Layout layout) : moves_(device), axis_(axis), layout_(layout) {}
  void run(const Call& call) const override {
    const View& y = call.out[0];
    Extents to = cuda::strides_in(layout_, y.extents, y.extents);
    int64_t bytes = size_bytes(y.element), done = 0;
    for (const ConstView& x : call.in) {
      check(done + x[axis_] <= y[axis_], "operand ", x.extents, " does not fit into ", y.extents);
      moves_.move(x.extents, x.data, cuda::strides_in(layout_, x.extents, x.extents),
                  y.as<std::byte>() + done * to[axis_] * bytes, to, bytes, call.stream);
      done += x[axis_];
    }
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
  return std::make_unique<ConcatMoves>(*target.device, axis_of(as<Concat>(node)->axis, node.output().type().rank()),
                                       offer.results[0].layout);
}

constexpr NodeKernel kernels[] = {{"cuda.concat", fit<Layout::plain>, prepare},
                                  {"cuda.concat", fit<Layout::nhwc>, prepare}};

}  // namespace

extern const NodeKernels concat_cuda;
const NodeKernels concat_cuda = kernels;

}  // namespace tenon
