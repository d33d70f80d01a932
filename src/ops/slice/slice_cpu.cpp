#include "kernels/cpu/strided_move.h"
#include "ops/moves_cpu.h"
#include "ops/slice/slice.h"

namespace tenon {

namespace {

class SliceMove final : public Kernel {
 public:
  SliceMove(const Slice& slice, Layout layout) : slice_(slice), layout_(layout) {}
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    if (y.count() == 0) return;
    Slice::Place from = slice_.place(call.in, y.extents, strides_in(x.extents, layout_));
    int64_t bytes = size_bytes(y.element);
    strided_move({y.extents, from.steps, strides_in(y.extents, layout_)}, bytes, x.as<std::byte>() + from.first * bytes,
                 y.data, call.workers);
  }

 private:
  Slice slice_;
  Layout layout_;
};

template <Layout layout>
std::string fit(const Node&, const Target& target, Offer& offer) {
  if (std::string reason = layout == Layout::plain ? "" : use_layout(offer, layout); !reason.empty()) return reason;
  price(offer, target, 0, 1, 1);
  return "";
}

template <Layout layout>
std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  return std::make_unique<SliceMove>(*as<Slice>(offer.region.root()), layout);
}

constexpr NodeKernel kernels[] = {{"slice.nhwc", fit<Layout::nhwc>, prepare<Layout::nhwc>},
                                  {"slice.plain", fit<Layout::plain>, prepare<Layout::plain>}};

}  // namespace

extern const NodeKernels slice_cpu;
const NodeKernels slice_cpu = kernels;

}  // namespace tenon
