// Rows of outputs, in every layout; the widest vectors are those of channels.
#include "kernels/cpu/isa.h"
#include "kernels/cpu/pool_rows.h"
#include "ops/pool/pool.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

constexpr int64_t task_taps = 16 << 10;

class PoolRows final : public Kernel {
 public:
  PoolRows(const Pool& pool, Layout layout) : pool_(pool), layout_(layout) {}

  int64_t scratch_bytes(ConstViews, Views out) const override {
    return out[0][out[0].rank() - 1] * int64_t(sizeof(Taps) + sizeof(float));
  }

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    if (y.count() == 0) return;
    int axes = int(pool_.window.size());
    std::array<Slide, 3> slides;  // the outer ones first; where there are fewer axes, of one position
    for (int i = 0; i < axes; ++i) slides[size_t(3 - axes + i)] = pool_.slide(i, x[i + 2], pool_.window[size_t(i)]);
    auto* table = reinterpret_cast<Taps*>(call.scratch);
    auto* divisors = reinterpret_cast<float*>(table + slides[2].output);
    for (int64_t o = 0; o < slides[2].output; ++o) table[o] = taps(slides[2], o), divisors[o] = table[o].divisor;

    PoolRow row{};
    int64_t groups = grouping(x.extents, row);
    row.last = table, row.divisors = divisors;
    row.input = slides[2].input, row.outputs = slides[2].output, row.extent = slides[2].extent;
    row.stride = slides[2].stride, row.dilation = slides[2].dilation, row.pad_begin = slides[2].pad_begin;
    row.average = pool_.kind == PoolKind::average;
    row.plane_steps[1] = slides[2].input * row.channels;
    row.plane_steps[0] = slides[1].input * row.plane_steps[1];
    for (size_t i : {0, 1}) row.outer_dilations[i] = slides[i].dilation;

    int64_t lines = slides[0].output * slides[1].output, images = x[0] * groups;
    int64_t in_plane = slides[0].input * row.plane_steps[0], line_floats = row.outputs * row.channels;
    double taps_of_line =
        double(line_floats) * double(slides[0].extent) * double(slides[1].extent) * double(row.extent);
    int64_t per_task = std::max<int64_t>(1, int64_t(double(task_taps) / std::min(taps_of_line, double(task_taps))));
    auto* kernel = layout_ == Layout::plain ? by_isa(pool_positions<4>, pool_positions<8>, pool_positions<16>)
                                            : by_isa(pool_channels<4>, pool_channels<8>, pool_channels<16>);
    call.workers.run((images * lines + per_task - 1) / per_task, [&](int64_t task) {
      PoolRow r = row;
      for (int64_t l = task * per_task; l < std::min(images * lines, (task + 1) * per_task); ++l) {
        int64_t image = l / lines, line = l % lines;
        r.x = x.as<float>() + image * in_plane;
        r.y = y.as<float>() + l * line_floats;
        r.real = std::min(row.channels, row.real - image % groups * row.channels);
        r.outer[0] = taps(slides[0], line / slides[1].output);
        r.outer[1] = taps(slides[1], line % slides[1].output);
        kernel(r);
      }
    });
  }

 private:
  Taps taps(const Slide& s, int64_t o) const {
    Slide::Steps met = s.taps_of(o);
    int64_t counted = pool_.count_pads ? s.padded_taps_of(o).count() : met.count();
    return {met.count() > 0 ? s.source(o, met.first) : 0, met.count(), float(std::max<int64_t>(1, counted))};
  }

  // How many groups of channels an image has; how many stand together, and exist.
  int64_t grouping(const Extents& x, PoolRow& row) const {
    row.channels = layout_ == Layout::plain ? 1 : layout_ == Layout::nhwc ? x[1] : 16;
    row.real = x[1];
    return (x[1] + row.channels - 1) / row.channels;
  }

  Pool pool_;
  Layout layout_;
};

template <Layout layout>
std::string fit(const Node& node, const Target& target, Offer& offer) {
  const TensorType& x = node.input(0).type();
  const Pool& pool = *as<Pool>(node);
  if (x.element != ElementType::f32) return concat("x has elements of type ", x.element);
  if (pool.window.size() > 3) return concat("x has ", pool.window.size(), " spatial axes");
  int64_t dilation = pool.dilations.empty() ? 1 : pool.dilations.back();
  if (layout == Layout::plain && (pool.window.back() > longest_pool_window || dilation > longest_pool_window ||
                                  (pool.window.back() - 1) * dilation >= longest_pool_window))
    return concat("a window covers more than ", longest_pool_window, " positions");
  if (std::string reason = use_layout(offer, layout); !reason.empty()) return reason;
  TypicalViews views = typical_views(node, target);
  price(offer, target, pool.work(views.in, views.out), layout == Layout::plain ? .15 : .4, 1);
  return "";
}

template <Layout layout>
std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  return std::make_unique<PoolRows>(*as<Pool>(offer.region.root()), layout);
}

constexpr NodeKernel kernels[] = {{"pool.c16", fit<Layout::c16>, prepare<Layout::c16>},
                                  {"pool.nhwc", fit<Layout::nhwc>, prepare<Layout::nhwc>},
                                  {"pool.plain", fit<Layout::plain>, prepare<Layout::plain>}};

}  // namespace

extern const NodeKernels pool_cpu;
const NodeKernels pool_cpu = kernels;

}  // namespace tenon
