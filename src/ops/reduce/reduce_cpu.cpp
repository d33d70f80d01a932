#include <cmath>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/reduce.h"
#include "ops/reduce/reduce.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

std::optional<Reduction> reduction_of(ReduceKind kind) {
  switch (kind) {
    case ReduceKind::sum:
    case ReduceKind::mean: return Reduction::sum;
    case ReduceKind::max: return Reduction::max;
    case ReduceKind::min: return Reduction::min;
    case ReduceKind::l1: return Reduction::l1;
    case ReduceKind::l2:
    case ReduceKind::sum_square: return Reduction::sum_square;
    default: return {};
  }
}

// First and last reduced axis if they are neighbours, as they lie in memory; nothing otherwise.
struct Axes {
  int first, past;
};
std::optional<Axes> adjacent_axes(const Reduce& op, int rank) {
  std::vector<bool> mask = op.reduced(rank);
  int first = 0, past = rank;
  while (first < rank && !mask[size_t(first)]) ++first;
  while (past > first && !mask[size_t(past - 1)]) --past;
  for (int d = first; d < past; ++d)
    if (!mask[size_t(d)]) return {};
  if (first == rank) return {};
  return Axes{first, past};
}

// Memory as [outer, length, inner], reduced along the middle.
class ReduceMiddle final : public Kernel {
 public:
  ReduceMiddle(const Reduce& op, Layout layout, int rank) : op_(op), layout_(layout), axes_(*adjacent_axes(op, rank)) {}

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const Extents& e = x.extents;
    int64_t outer = e.count_between(0, axes_.first), length = e.count_between(axes_.first, axes_.past);
    int64_t inner = e.count_between(axes_.past, e.rank), channels = 0;
    if (layout_ == Layout::nhwc) outer = e[0], inner = channels = e[1];
    if (layout_ == Layout::c16) outer = e[0] * ((e[1] + 15) / 16), inner = 16, channels = e[1];
    const float* from = x.as<float>();
    float* to = call.out[0].as<float>();
    Reduction kind = *reduction_of(op_.kind);
    if (inner == 1) {
      auto* row = by_isa(reduce_row<4>, reduce_row<8>, reduce_row<16>);
      int64_t per_task = std::max<int64_t>(1, 8192 / std::max<int64_t>(1, length));
      call.workers.run((outer + per_task - 1) / per_task, [&](int64_t task) {
        for (int64_t r = task * per_task; r < std::min(outer, (task + 1) * per_task); ++r) {
          to[r] = row(kind, from + r * length, length);
          finish(to + r, 1, length);
        }
      });
      return;
    }
    auto* columns = by_isa(reduce_columns<4>, reduce_columns<8>, reduce_columns<16>);
    constexpr int64_t width = 256;
    int64_t strips = (inner + width - 1) / width, blocks = layout_ == Layout::c16 ? (channels + 15) / 16 : 1;
    call.workers.run(outer * strips, [&](int64_t task) {
      int64_t o = task / strips, j = task % strips * width, lanes = std::min(width, inner - j);
      float* y = to + o * inner + j;
      if (layout_ == Layout::c16) {  // the result is dense: blocks without their padding
        lanes = std::min<int64_t>(16, channels - o % blocks * 16);
        y = to + o / blocks * channels + o % blocks * 16;
      }
      columns(kind, from + o * length * inner + j, length, inner, y, lanes);
      finish(y, lanes, length);
    });
  }

 private:
  void finish(float* y, int64_t lanes, int64_t length) const {
    if (op_.kind == ReduceKind::mean)
      for (int64_t i = 0; i < lanes; ++i) y[i] /= float(length);
    if (op_.kind == ReduceKind::l2)
      for (int64_t i = 0; i < lanes; ++i) y[i] = std::sqrt(y[i]);
  }

  Reduce op_;
  Layout layout_;
  Axes axes_;
};

// One element a channel is dense in every layout whose blocks are full: the result of maps is plain and nhwc at once.
template <Layout layout, Layout result>
std::string fit(const Node& node, const Target& target, Offer& offer) {
  const TensorType& x = node.input(0).type();
  const Reduce& op = *as<Reduce>(node);
  if (x.element != ElementType::f32) return concat("x has elements of type ", x.element);
  if (!reduction_of(op.kind)) return "its kind is left to the reference";
  std::optional<Axes> axes = adjacent_axes(op, x.rank());
  if (!axes) return "the axes are not neighbours";
  if (layout != Layout::plain) {
    if (!has_channels(x) || axes->first != 2 || axes->past != x.rank()) return "not over whole maps of channels";
    offer.operands[0].format.layout = layout;
    if (result != Layout::plain && !op.keep_dims) return "the result has no channels";
    offer.results[0].layout = result;
  }
  price(offer, target, double(at(x.shape, target.typical).count()), .05);
  return "";
}

template <Layout layout>
std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  const Node& node = offer.region.root();
  return std::make_unique<ReduceMiddle>(*as<Reduce>(node), layout, node.input(0).type().rank());
}

constexpr Layout plain = Layout::plain, nhwc = Layout::nhwc, c16 = Layout::c16;
constexpr NodeKernel kernels[] = {{"reduce.middle", fit<plain, plain>, prepare<plain>},
                                  {"reduce.nhwc", fit<nhwc, plain>, prepare<nhwc>},
                                  {"reduce.nhwc.kept", fit<nhwc, nhwc>, prepare<nhwc>},
                                  {"reduce.c16", fit<c16, plain>, prepare<c16>}};

}  // namespace

extern const NodeKernels reduce_cpu;
const NodeKernels reduce_cpu = kernels;

}  // namespace tenon
