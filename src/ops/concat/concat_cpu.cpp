// Every operand is a dense block of rows in the result, in every layout; where blocks of 16 channels are cut, nobody
// offers c16.
#include "kernels/cpu/strided_move.h"
#include "ops/concat/concat.h"
#include "ops/moves_cpu.h"

namespace tenon {

namespace {

class ConcatMoves final : public Kernel {
 public:
  ConcatMoves(int axis, Layout layout) : axis_(axis), layout_(layout) {}
  void run(const Call& call) const override {
    const View& y = call.out[0];
    int64_t bytes = size_bytes(y.element);
    Extents whole = stored_extents(y.extents, layout_);
    int along = stored_axis(axis_, y.rank(), layout_);
    int64_t rows = whole.count_between(0, along), row = whole.count_between(along, whole.rank), done = 0;
    for (const ConstView& x : call.in) {
      Extents stored = stored_extents(x.extents, layout_);
      int64_t part = stored.count_between(along, stored.rank);
      check(stored.count_between(0, along) == rows && done + part <= row, "operand ", x.extents, " does not fit into ",
            y.extents);
      strided_move({{rows, part}, {part, 1}, {row, 1}}, bytes, x.data, y.as<std::byte>() + done * bytes, call.workers);
      done += part;
    }
  }

 private:
  int axis_;
  Layout layout_;
};

template <Layout layout>
std::string fit(const Node& node, const Target& target, Offer& offer) {
  int axis = axis_of(as<Concat>(node)->axis, node.output().type().rank());
  if (std::string reason = layout == Layout::plain ? "" : use_layout(offer, layout); !reason.empty()) return reason;
  for (int i = 0; layout == Layout::c16 && axis == 1 && i + 1 < node.input_count(); ++i) {
    const Dim& channels = node.input(i).shape()[1];
    if (!channels.known() || channels.value() % 16 != 0)
      return concat("operand ", i, " has ", channels, " channels, which is no multiple of 16");
  }
  price(offer, target, 0, 1, 1);
  return "";
}

template <Layout layout>
std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  const Node& node = offer.region.root();
  return std::make_unique<ConcatMoves>(axis_of(as<Concat>(node)->axis, node.output().type().rank()), layout);
}

constexpr NodeKernel kernels[] = {{"concat.c16", fit<Layout::c16>, prepare<Layout::c16>},
                                  {"concat.nhwc", fit<Layout::nhwc>, prepare<Layout::nhwc>},
                                  {"concat.plain", fit<Layout::plain>, prepare<Layout::plain>}};

}  // namespace

extern const NodeKernels concat_cpu;
const NodeKernels concat_cpu = kernels;

}  // namespace tenon
