// Nearest: a table of sources for each axis of the map, made once. Extents of the map are numbers.
#include <array>
#include <cstring>

#include "base/dispatch.h"
#include "ops/resize/resize.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

using Sources = std::array<std::vector<int64_t>, 3>;  // axes that are missing come first and have one position

class NearestRows final : public Kernel {
 public:
  NearestRows(Sources sources, Layout layout) : sources_(std::move(sources)), layout_(layout) {}

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    if (y.count() == 0) return;
    int64_t run = layout_ == Layout::plain ? 1 : layout_ == Layout::c16 ? 16 : x[1];  // channels side by side
    int64_t maps = layout_ == Layout::plain ? x[0] * x[1] : layout_ == Layout::c16 ? x[0] * ((x[1] + 15) / 16) : x[0];
    const auto& [depth, height, width] = sources_;
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
  Sources sources_;
  Layout layout_;
};

template <Layout layout>
std::string fit(const Node& node, const Target& target, Offer& offer) {
  const Resize& op = *as<Resize>(node);
  const TensorType &x = node.input(0).type(), &y = node.output().type();
  if (op.mode != ResizeMode::nearest) return "the mode is not nearest";
  if (op.coordinates == Coordinates::tf_crop_and_resize) return "it crops";
  if (node.input_count() != 1) return "the sizes are an operand";
  if (x.rank() < 3 || x.rank() > 5) return concat("x has rank ", x.rank());
  if (!(x.shape[0] == y.shape[0] && x.shape[1] == y.shape[1])) return "batch or channels change";
  for (int d = 2; d < x.rank(); ++d)
    if (!x.shape[size_t(d)].known() || !y.shape[size_t(d)].known()) return concat("extent ", d, " is not a number");
  if (std::string reason = layout == Layout::plain ? "" : use_layout(offer, layout); !reason.empty()) return reason;
  price(offer, target, 0, 1, layout == Layout::plain ? .3 : 1);
  return "";
}

template <Layout layout>
std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  const Node& node = offer.region.root();
  const TensorType& x = node.input(0).type();
  std::vector<std::vector<int64_t>> found = as<Resize>(node)->nearest_sources(x);
  Sources sources;
  sources.fill({0});
  for (int d = 2; d < x.rank(); ++d) {
    std::vector<int64_t>& axis = sources[size_t(d + 3 - x.rank())];
    axis = std::move(found[size_t(d)]);
    if (axis.empty())
      for (int64_t i = 0; i < x.shape[size_t(d)].value(); ++i) axis.push_back(i);
  }
  return std::make_unique<NearestRows>(std::move(sources), layout);
}

constexpr NodeKernel kernels[] = {{"resize.nearest.c16", fit<Layout::c16>, prepare<Layout::c16>},
                                  {"resize.nearest.nhwc", fit<Layout::nhwc>, prepare<Layout::nhwc>},
                                  {"resize.nearest.plain", fit<Layout::plain>, prepare<Layout::plain>}};

}  // namespace

extern const NodeKernels resize_cpu;
const NodeKernels resize_cpu = kernels;

}  // namespace tenon
