// One thread an output, plain or channels last.
#include <algorithm>

#include "devices/cuda/module.h"
#include "kernels/cuda/pool.h"
#include "ops/pool/pool.h"
#include "regions/cuda_generated/kernels.h"

namespace tenon {

namespace {

// Neither a position, in padding too, nor a sum of two leaves 32 bits.
bool fits_32_bits(const cuda::PoolArguments& a, int64_t count) {
  constexpr int64_t most = int64_t(1) << 28;
  bool fits = count < most;
  for (int k = 0; k < 3; ++k) {
    for (int64_t n : {a.in[k], a.window[k], a.stride[k], a.dilation[k], a.pad[k], a.pad_end[k]})
      fits = fits && n < most;
    fits = fits && a.window[k] * a.dilation[k] < most;
  }
  return fits;
}

class PoolThreads final : public Kernel {
 public:
  PoolThreads(Device& device, const Pool& op, Format in, Format out)
      : op_(op),
        layout_(in.layout),
        in_(in.element),
        out_(out.element),
        module_(cuda_module(device, cuda::pool_source(op.kind == PoolKind::max, op.count_pads,
                                                      in.layout == Layout::nhwc, in.element, out.element))) {}

  void run(const Call& call) const override {
    const Extents &x = call.in[0].extents, &y = call.out[0].extents;
    cuda::PoolArguments a;
    a.count = y.count();
    if (a.count == 0) return;
    Extents sx = cuda::strides_in(layout_, x, x), sy = cuda::strides_in(layout_, y, y);
    int spatial = x.rank - 2, front = 3 - spatial;
    for (int d = 0; d < 2; ++d) a.out[d] = y[d], a.stride_x[d] = sx[d], a.stride_y[d] = sy[d];
    for (int i = 0; i < spatial; ++i) {
      int k = front + i, d = i + 2;
      Slide s = op_.slide(i, x[d], op_.window[size_t(i)]);
      a.out[k + 2] = y[d], a.stride_x[k + 2] = sx[d], a.stride_y[k + 2] = sy[d];
      a.in[k] = x[d], a.window[k] = s.extent, a.stride[k] = s.stride, a.dilation[k] = s.dilation;
      a.pad[k] = s.pad_begin, a.pad_end[k] = s.pad_end;
    }
    bool small = fits_32_bits(a, std::max(x.count(), y.count()));
    auto aligned = [](const void* p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; };
    int64_t width = cuda::pool_width(in_);
    bool wide = small && layout_ == Layout::nhwc && in_ == out_ && y[1] % width == 0 && aligned(call.in[0].data) &&
                aligned(call.out[0].data);
    if (wide) a.count /= width;
    const void* from = call.in[0].data;
    void* to = call.out[0].data;
    void* arguments[] = {&a, &from, &to};
    constexpr unsigned threads = 128;
    module_->launch(wide    ? "pool32_wide"
                    : small ? "pool32"
                            : "pool64",
                    {.grid_x = blocks_for(a.count, threads), .threads = threads}, arguments, call.stream);
  }

 private:
  Pool op_;
  Layout layout_;
  ElementType in_, out_;
  std::shared_ptr<const CudaModule> module_;
};

template <Layout layout>
std::string fit(const Node& node, const Target& target, Offer& offer) {
  ElementType element = node.input(0).element();
  if (!float_types.contains(element)) return concat("elements are ", element);
  if (node.input(0).type().rank() > 5) return "more than three spatial axes";
  offer.operands[0].format.layout = offer.results[0].layout = layout;
  price_on_device(offer, target, 0, 1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  return std::make_unique<PoolThreads>(*target.device, *as<Pool>(offer.region.root()), offer.operands[0].format,
                                       offer.results[0]);
}

constexpr NodeKernel kernels[] = {{"cuda.pool", fit<Layout::plain>, prepare},
                                  {"cuda.pool", fit<Layout::nhwc>, prepare}};

}  // namespace

extern const NodeKernels pool_cuda;
const NodeKernels pool_cuda = kernels;

}  // namespace tenon
