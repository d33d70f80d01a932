// Sums, means, norms and extremes along axes that follow one another: rows where nothing stands behind them, else
// columns. The means of maps in nhwc and c16 are columns, too.
#include <cmath>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/reduce_rows.h"
#include "ops/reduce/reduce.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

constexpr int64_t task_elements = 16 << 10, piece_elements = 64 << 10, chunk_columns = 256;

int64_t pieces_of(int64_t extent, int64_t piece) { return std::max<int64_t>(1, (extent + piece - 1) / piece); }

// x as [outer, length, inner], of which `length` goes.
struct Blocks {
  int64_t outer = 1, length = 1, inner = 1;
  int64_t pieces = 1, piece = 1;  // of `length`: long sums are cut, so that tasks can share them
  int64_t chunks = 1, chunk = 1;  // of `inner`

  void cut() {
    chunk = std::min(std::max<int64_t>(1, inner), chunk_columns);
    chunks = pieces_of(inner, chunk);
    piece = std::max<int64_t>(256, piece_elements / chunk);
    pieces = pieces_of(length, piece);
  }
  int64_t results() const { return outer * inner; }
};

Blocks blocks_of(const Extents& x, const std::vector<bool>& mask, Layout layout) {
  Blocks b;
  if (layout != Layout::plain) {
    b.inner = layout == Layout::nhwc ? x[1] : 16;
    b.outer = x[0] * (layout == Layout::nhwc ? 1 : (x[1] + 15) / 16);
    b.length = x.count_between(2, x.rank);
  } else {
    bool behind = false;
    for (int d = 0; d < x.rank; ++d) {
      if (x[d] == 1) continue;
      behind = behind || mask[size_t(d)];
      (mask[size_t(d)] ? b.length : behind ? b.inner : b.outer) *= x[d];
    }
  }
  b.cut();
  return b;
}

Reduction reduction_of(ReduceKind kind) {
  switch (kind) {
    case ReduceKind::max: return Reduction::max;
    case ReduceKind::min: return Reduction::min;
    case ReduceKind::l1: return Reduction::sum_of_magnitudes;
    case ReduceKind::l2:
    case ReduceKind::sum_square: return Reduction::sum_of_squares;
    default: return Reduction::sum;
  }
}

class ReduceBlocks final : public Kernel {
 public:
  ReduceBlocks(const Reduce& op, std::vector<bool> mask, Format from, Format to)
      : kind_(op.kind), mask_(std::move(mask)), from_(from.layout), to_(to.layout) {}

  int64_t scratch_bytes(ConstViews in, Views) const override {
    Blocks b = blocks_of(in[0].extents, mask_, from_);
    return b.pieces == 1 ? 0 : checked_mul(checked_mul(b.results(), b.pieces), sizeof(float));
  }

  void run(const Call& call) const override {
    Blocks b = blocks_of(call.in[0].extents, mask_, from_);
    if (b.results() == 0) return;
    Reduction kind = reduction_of(kind_);
    int64_t channels = from_ == Layout::c16 ? call.in[0][1] : 0;
    const float* x = call.in[0].as<float>();
    float* y = call.out[0].as<float>();
    if (b.pieces == 1) return reduce(kind, b, x, y, channels, true, call.workers);
    auto* partial = reinterpret_cast<float*>(call.scratch);
    reduce(kind, b, x, partial, 0, false, call.workers);
    bool extreme = kind == Reduction::max || kind == Reduction::min;
    Blocks rest = b;
    rest.length = rest.piece = b.pieces, rest.pieces = 1;
    reduce(extreme ? kind : Reduction::sum, rest, partial, y, channels, true, call.workers, b.length);
  }

 private:
  // Into y as [outer, pieces, inner]; where the last step is done on results, blocks of `channels` (c16) are cropped.
  void reduce(Reduction kind, const Blocks& b, const float* x, float* y, int64_t channels, bool last, Workers& workers,
              int64_t length = -1) const {
    auto* row = by_isa(reduce_row<4>, reduce_row<8>, reduce_row<16>);
    auto* columns = by_isa(reduce_columns<4>, reduce_columns<8>, reduce_columns<16>);
    int64_t units = b.outer * b.pieces * b.chunks, unit = std::max<int64_t>(1, std::min(b.length, b.piece) * b.chunk);
    int64_t per_task = std::max<int64_t>(1, task_elements / unit);
    workers.run((units + per_task - 1) / per_task, [&](int64_t task) {
      for (int64_t u = task * per_task; u < std::min(units, (task + 1) * per_task); ++u) {
        int64_t o = u / (b.pieces * b.chunks), p = u / b.chunks % b.pieces, c = u % b.chunks * b.chunk;
        int64_t rows = std::min(b.piece, b.length - p * b.piece), count = std::min(b.chunk, b.inner - c);
        const float* from = x + (o * b.length + p * b.piece) * b.inner + c;
        float* to = y + (o * b.pieces + p) * b.inner + c;
        if (channels > 0) to = crop(y, o, channels, count);
        if (b.inner == 1) *to = row(kind, from, rows);
        else columns(kind, from, b.inner, rows, count, to);
        if (last) finish(to, count, length < 0 ? b.length : length);
      }
    });
  }

  // Where the results of one block of channels go, and how many there are.
  float* crop(float* y, int64_t o, int64_t channels, int64_t& count) const {
    int64_t blocks = (channels + 15) / 16, first = o % blocks * 16;
    count = std::min<int64_t>(16, channels - first);
    if (to_ != Layout::c16) return y + o / blocks * channels + first;
    std::fill_n(y + o * 16 + count, 16 - count, 0.f);
    return y + o * 16;
  }

  void finish(float* y, int64_t count, int64_t length) const {
    for (int64_t i = 0; i < count; ++i) {
      if (kind_ == ReduceKind::mean) y[i] /= float(length);
      if (kind_ == ReduceKind::l2) y[i] = std::sqrt(y[i]);
      if (kind_ == ReduceKind::log_sum) y[i] = std::log(y[i]);
    }
  }

  ReduceKind kind_;
  std::vector<bool> mask_;
  Layout from_, to_;
};

std::vector<bool> mask_of(const Reduce& op, int rank) {
  std::vector<bool> mask(size_t(rank), op.axes.empty());
  for (int axis : axes_of(op.axes, rank)) mask[size_t(axis)] = true;
  return mask;
}

std::string wrong_with(const Node& node) {
  const TensorType& x = node.input(0).type();
  if (x.element != ElementType::f32) return concat("x has elements of type ", x.element);
  ReduceKind kind = as<Reduce>(node)->kind;
  if (kind == ReduceKind::prod) return "products of floats overflow where the reference does not";
  if (kind == ReduceKind::log_sum_exp) return "log_sum_exp needs two sweeps";
  return "";
}

std::string fit_plain(const Node& node, const Target& target, Offer& offer) {
  if (std::string reason = wrong_with(node); !reason.empty()) return reason;
  const Shape& shape = node.input(0).shape();
  std::vector<bool> mask = mask_of(*as<Reduce>(node), int(shape.size()));
  int runs = 0;
  bool before = false;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (shape[d].is(1)) continue;
    runs += mask[d] && !before;
    before = mask[d];
  }
  if (runs > 1) return "the axes do not follow one another";
  price(offer, target, double(at(shape, target.typical).count()), .2, 1);
  return "";
}

template <Layout layout>
std::string fit_maps(const Node& node, const Target& target, Offer& offer) {
  if (std::string reason = wrong_with(node); !reason.empty()) return reason;
  const TensorType& x = node.input(0).type();
  if (!has_channels(x)) return "x has no channels";
  std::vector<bool> mask = mask_of(*as<Reduce>(node), x.rank());
  for (int d = 0; d < x.rank(); ++d)
    if (mask[size_t(d)] != (d >= 2)) return "the axes are not those of whole maps";
  offer.operands[0].format.layout = layout;
  if (as<Reduce>(node)->keep_dims) offer.results[0].layout = layout;
  price(offer, target, double(at(x.shape, target.typical).count()), .2, 1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  const Node& node = offer.region.root();
  const Reduce& op = *as<Reduce>(node);
  return std::make_unique<ReduceBlocks>(op, mask_of(op, node.input(0).type().rank()), offer.operands[0].format,
                                        offer.results[0]);
}

constexpr NodeKernel kernels[] = {{"reduce.maps_c16", fit_maps<Layout::c16>, prepare},
                                  {"reduce.maps_nhwc", fit_maps<Layout::nhwc>, prepare},
                                  {"reduce.plain", fit_plain, prepare}};

}  // namespace

extern const NodeKernels reduce_cpu;
const NodeKernels reduce_cpu = kernels;

}  // namespace tenon
