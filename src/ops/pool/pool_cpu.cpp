#include <cstring>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/pool_pixel.h"
#include "ops/pool/pool.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

// Channels lie side by side: all of them in nhwc, 16 of each block in c16, whose blocks are maps of their own.
class PoolPixels final : public Kernel {
 public:
  PoolPixels(const Pool& pool, Layout layout) : pool_(pool), layout_(layout) {}

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    if (y.count() == 0) return;
    std::array<Slide, 3> slides;  // axes that are missing come first and have one tap
    int axes = x.rank() - 2;
    for (int i = 0; i < axes; ++i) slides[size_t(3 - axes + i)] = pool_.slide(i, x[i + 2], pool_.window[size_t(i)]);
    int64_t block = layout_ == Layout::c16 ? 16 : x[1], blocks = (x[1] + block - 1) / block;
    const Slide &depth = slides[0], &height = slides[1], &width = slides[2];
    int64_t x_map = x.extents.count_between(2, x.rank()) * block, y_map = y.extents.count_between(2, y.rank()) * block;
    auto* pixel = by_isa(pool_pixel<4>, pool_pixel<8>, pool_pixel<16>);
    int64_t rows = depth.output * height.output, parts = std::min<int64_t>(rows, layout_ == Layout::c16 ? 2 : 8);
    int64_t step = (rows + parts - 1) / parts;
    call.workers.run(x[0] * blocks * parts, [&](int64_t task) {
      int64_t map = task / parts, first = task % parts * step;
      float* to = y.as<float>() + map * y_map + first * width.output * block;
      for (int64_t r = first; r < std::min(rows, first + step); ++r)
        for (int64_t o = 0; o < width.output; ++o, to += block) {
          int64_t at[] = {r / height.output, r % height.output, o}, place = 0, padded = 1, extent = block;
          PoolTaps taps{};
          for (int d = 2; d >= 0; --d) {
            const Slide& s = slides[size_t(d)];
            Slide::Steps hit = s.taps_of(at[d]);
            taps.count[d] = hit.count();
            taps.step[d] = hit.count() > 1 ? s.dilation * extent : 0;
            if (hit.count() > 0) place += s.source(at[d], hit.first) * extent;
            padded *= s.padded_taps_of(at[d]).count();
            extent *= s.input;
          }
          int64_t count = taps.count[0] * taps.count[1] * taps.count[2];
          taps.x = x.as<float>() + map * x_map + (count > 0 ? place : 0);
          int64_t counted = pool_.count_pads ? padded : count;
          pixel(taps, to, block, pool_.kind == PoolKind::average, count > 0 ? 1.f / float(counted) : 0.f);
        }
      if (int64_t lanes = x[1] - map % blocks * block; lanes < block)
        clear(to, first, std::min(rows, first + step), width.output, lanes);
    });
  }

 private:
  // Lanes of the last block that stand for no channel: -inf there would be wrong for whoever reads blocks.
  static void clear(float* end, int64_t first, int64_t past, int64_t width, int64_t lanes) {
    for (int64_t i = (past - first) * width; i > 0; --i)
      std::memset(end - i * 16 + lanes, 0, size_t(16 - lanes) * sizeof(float));
  }

  Pool pool_;
  Layout layout_;
};

template <Layout layout>
std::string fit(const Node& node, const Target& target, Offer& offer) {
  const TensorType& x = node.input(0).type();
  if (x.element != ElementType::f32) return concat("x has elements of type ", x.element);
  if (std::string reason = use_layout(offer, layout); !reason.empty()) return reason;
  TypicalViews views = typical_views(node, target);
  price(offer, target, node.op().work(views.in, views.out), .1);
  return "";
}

template <Layout layout>
std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  return std::make_unique<PoolPixels>(*as<Pool>(offer.region.root()), layout);
}

constexpr NodeKernel kernels[] = {{"pool.nhwc", fit<Layout::nhwc>, prepare<Layout::nhwc>},
                                  {"pool.c16", fit<Layout::c16>, prepare<Layout::c16>}};

}  // namespace

extern const NodeKernels pool_cpu;
const NodeKernels pool_cpu = kernels;

}  // namespace tenon
