// Every part is a dense block of rows in x, in every layout; where blocks of 16 channels are cut, nobody offers c16.
#include "kernels/cpu/strided_move.h"
#include "ops/moves_cpu.h"
#include "ops/split/split.h"

namespace tenon {

namespace {

class SplitMoves final : public Kernel {
 public:
  SplitMoves(int axis, Layout layout) : axis_(axis), layout_(layout) {}
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    int64_t bytes = size_bytes(x.element);
    Extents whole = stored_extents(x.extents, layout_);
    int along = stored_axis(axis_, x.rank(), layout_);
    int64_t rows = whole.count_between(0, along), row = whole.count_between(along, whole.rank), done = 0;
    for (const View& y : call.out) {
      Extents stored = stored_extents(y.extents, layout_);
      int64_t part = stored.count_between(along, stored.rank);
      check(stored.count_between(0, along) == rows && done + part <= row, "a part ", y.extents, " does not fit into ",
            x.extents);
      strided_move({{rows, part}, {row, 1}, {part, 1}}, bytes, x.as<std::byte>() + done * bytes, y.data, call.workers);
      done += part;
    }
    check(done == row || rows == 0, "the parts do not make up ", x.extents);
  }

 private:
  int axis_;
  Layout layout_;
};

template <Layout layout>
std::string fit(const Node& node, const Target& target, Offer& offer) {
  int axis = axis_of(as<Split>(node)->axis, node.input(0).type().rank());
  if (std::string reason = layout == Layout::plain ? "" : use_layout(offer, layout); !reason.empty()) return reason;
  for (size_t i = 0; layout == Layout::c16 && axis == 1 && i + 1 < node.outputs().size(); ++i) {
    const Dim& channels = node.output(int(i)).shape()[1];
    if (!channels.known() || channels.value() % 16 != 0)
      return concat("part ", i, " has ", channels, " channels, which is no multiple of 16");
  }
  price(offer, target, 0, 1, 1);
  return "";
}

template <Layout layout>
std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  const Node& node = offer.region.root();
  return std::make_unique<SplitMoves>(axis_of(as<Split>(node)->axis, node.input(0).type().rank()), layout);
}

constexpr NodeKernel kernels[] = {{"split.c16", fit<Layout::c16>, prepare<Layout::c16>},
                                  {"split.nhwc", fit<Layout::nhwc>, prepare<Layout::nhwc>},
                                  {"split.plain", fit<Layout::plain>, prepare<Layout::plain>}};

}  // namespace

extern const NodeKernels split_cpu;
const NodeKernels split_cpu = kernels;

}  // namespace tenon
