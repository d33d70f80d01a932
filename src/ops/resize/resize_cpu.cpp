// Nearest: a table of sources for each axis of the map, made for the extents that come.
#include <array>
#include <cstring>

#include "base/dispatch.h"
#include "ops/resize/resize.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

// The scale along an axis of the map: numbers, or 0 where it is that of the extents.
struct Scale {
  bool changes = false;
  double up = 0, down = 0;
};

class NearestRows final : public Kernel {
 public:
  NearestRows(const Resize& op, std::array<Scale, 3> scales, Layout layout)
      : op_(op), scales_(scales), layout_(layout) {}

  int64_t scratch_bytes(ConstViews, Views out) const override {
    int64_t positions = 2;  // axes that are missing have one
    for (int d = 2; d < out[0].rank(); ++d) positions += out[0][d];
    return positions * int64_t(sizeof(int64_t));
  }

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    if (y.count() == 0) return;
    int64_t run = layout_ == Layout::plain ? 1 : layout_ == Layout::c16 ? 16 : x[1];  // channels side by side
    int64_t maps = layout_ == Layout::plain ? x[0] * x[1] : layout_ == Layout::c16 ? x[0] * ((x[1] + 15) / 16) : x[0];
    std::span<const int64_t> sources[3];
    auto* table = reinterpret_cast<int64_t*>(call.scratch);
    for (int a = 0; a < 3; ++a) {
      int axis = a + x.rank() - 3;
      int64_t extent = axis < 2 ? 1 : x[axis], made = axis < 2 ? 1 : y[axis];
      fill(table, scales_[size_t(a)], extent, made);
      sources[a] = {table, size_t(made)};
      table += made;
    }
    const auto& [depth, height, width] = sources;
    int axes = x.rank() - 2;
    int64_t x_width = x[x.rank() - 1], x_height = axes > 1 ? x[x.rank() - 2] : 1, x_depth = axes > 2 ? x[2] : 1;
    int64_t lines = int64_t(depth.size()) * int64_t(height.size());
    dispatch_size(x.element, [&]<class T>() {
      call.workers.run(maps * lines, [&](int64_t line) {
        int64_t map = line / lines, d = line % lines / int64_t(height.size()), h = line % int64_t(height.size());
        int64_t from_line = (map * x_depth + depth[size_t(d)]) * x_height + height[size_t(h)];
        const T* from = x.as<T>() + from_line * x_width * run;
        T* to = y.as<T>() + line * int64_t(width.size()) * run;
        if (run == 1) {
          for (int64_t source : width) *to++ = from[source];
          return;
        }
        for (int64_t source : width) to = std::copy_n(from + source * run, run, to);
      });
    });
  }

 private:
  void fill(int64_t* table, const Scale& scale, int64_t extent, int64_t made) const {
    double in = double(extent), out = double(made);
    Resize::Scaling along{in, out, scale.up ? scale.up : out, scale.up ? scale.down : in};
    bool same = !scale.changes || (along.up == along.down && extent == made);
    for (int64_t i = 0; i < made; ++i) table[i] = same ? i : op_.nearest_to(op_.place_of(i, along), extent);
  }

  Resize op_;
  std::array<Scale, 3> scales_;
  Layout layout_;
};

template <Layout layout>
std::string fit(const Node& node, const Target& target, Offer& offer) {
  const Resize& op = *as<Resize>(node);
  const TensorType &x = node.input(0).type(), &y = node.output().type();
  if (op.late() != Late::nothing) return "its extents are known after a run alone";
  if (op.mode != ResizeMode::nearest) return "the mode is not nearest";
  if (op.coordinates == Coordinates::tf_crop_and_resize) return "it crops";
  if (x.rank() < 3 || x.rank() > 5) return concat("x has rank ", x.rank());
  if (!(x.shape[0] == y.shape[0] && x.shape[1] == y.shape[1])) return "batch or channels change";
  if (op.keep_aspect_ratio != KeepAspectRatio::stretch)
    for (int d = 2; d < x.rank(); ++d)
      if (!x.shape[size_t(d)].known() || !y.shape[size_t(d)].known()) return concat("extent ", d, " is not a number");
  offer.operands.resize(1);  // sizes are the result's extents
  if (std::string reason = layout == Layout::plain ? "" : use_layout(offer, layout); !reason.empty()) return reason;
  price(offer, target, 0, 1, layout == Layout::plain ? .3 : 1);
  return "";
}

template <Layout layout>
std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  const Node& node = offer.region.root();
  const Resize& op = *as<Resize>(node);
  std::vector<Type> types;
  for (const Value* v : node.inputs()) types.push_back(v->type());
  std::vector<Inputs::Operand> operands;
  for (int i = 0; i < node.input_count(); ++i)
    operands.push_back({&types[size_t(i)], node.input(i).contents ? &*node.input(i).contents : nullptr});
  std::array<Scale, 3> scales;
  for (const Resize::Axis& a : op.plan(Inputs(operands))) {
    if (a.axis < 2) continue;
    Scale& s = scales[size_t(a.axis + 3 - node.input(0).type().rank())];
    s.changes = true;
    if (a.up.known() && a.down.known()) s.up = double(a.up.value()), s.down = double(a.down.value());
  }
  return std::make_unique<NearestRows>(op, scales, layout);
}

constexpr NodeKernel kernels[] = {{"resize.nearest.c16", fit<Layout::c16>, prepare<Layout::c16>},
                                  {"resize.nearest.nhwc", fit<Layout::nhwc>, prepare<Layout::nhwc>},
                                  {"resize.nearest.plain", fit<Layout::plain>, prepare<Layout::plain>}};

}  // namespace

extern const NodeKernels resize_cpu;
const NodeKernels resize_cpu = kernels;

}  // namespace tenon
