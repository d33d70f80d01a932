// Products of any extents by packed panels: what serves where extents are open until run time.
#include <cstring>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/panel_product.h"
#include "ops/constant/constant.h"
#include "ops/matmul/matmul.h"
#include "ops/matmul/matrices.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

constexpr int64_t rows_per_task = 96, float_bytes = sizeof(float);

int64_t panel_width() { return panel_vectors(float_lanes()) * float_lanes(); }
int64_t panels_of(const Matrices& b) { return (b.columns + panel_width() - 1) / panel_width(); }
int64_t packed_floats(const Matrices& b) { return b.batch.count() * panels_of(b) * b.rows * panel_width(); }

// Panel `i` of all matrices of b, one after the other: [inner][panel_width], zeros behind the last column.
void pack_panel(const Matrices& b, const float* from, int64_t i, float* to) {
  int64_t width = panel_width(), panels = panels_of(b), first = i % panels * width;
  int64_t count = std::min(width, b.columns - first);
  from += i / panels * b.rows * b.columns + first * b.column_step;
  to += i * b.rows * width;
  for (int64_t k = 0; k < b.rows; ++k, from += b.row_step, to += width) {
    if (b.column_step == 1) std::memcpy(to, from, size_t(count * float_bytes));
    else
      for (int64_t n = 0; n < count; ++n) to[n] = from[n * b.column_step];
    std::fill(to + count, to + width, 0.f);
  }
}

// Rows of a that are stored as columns, as rows.
void pack_rows(const Matrices& a, const float* from, int64_t matrix, float* to) {
  from += matrix * a.rows * a.columns;
  to += matrix * a.rows * a.columns;
  for (int64_t k = 0; k < a.columns; ++k)
    for (int64_t m = 0; m < a.rows; ++m) to[m * a.columns + k] = from[k * a.column_step + m * a.row_step];
}

class PanelMatMul final : public Kernel {
 public:
  PanelMatMul(const MatMul& op, Weights b, const Target& target) : op_(op), zeros_(size_t(panel_width()), 0.f) {
    if (!b) return;
    Matrices m(b->view(), op.transpose_b, false);
    View view;
    packed_ = make_weights(target, ElementType::f32, {packed_floats(m)}, view);
    for (int64_t i = 0; i < m.batch.count() * panels_of(m); ++i)
      pack_panel(m, b->view().as<float>(), i, view.as<float>());
    b_ = b;
  }

  int64_t scratch_bytes(ConstViews in, Views) const override {
    int64_t b = packed_ ? 0 : packed_floats(Matrices(in[1], op_.transpose_b, false));
    return align_up(checked_mul(b, float_bytes), 64) + (op_.transpose_a ? in[0].count() * float_bytes : 0);
  }
  int64_t scratch_bytes_per_thread() const override { return rows_per_task * panel_width() * float_bytes; }

  void run(const Call& call) const override {
    Matrices a(call.in[0], op_.transpose_a, true), b(packed_ ? b_->view() : call.in[1], op_.transpose_b, false);
    check(a.columns == b.rows, "cannot multiply ", call.in[0].extents, " by ",
          packed_ ? b_->extents : call.in[1].extents, ": ", a.columns, " against ", b.rows);
    const View& y = call.out[0];
    if (y.count() == 0) return;
    const float* panels = packed_ ? packed_->view().as<float>() : packed_at_run_time(call, b);
    const float* rows = op_.transpose_a ? rows_at_run_time(call, a, b) : call.in[0].as<float>();

    Extents batch;
    for (int i = 0; i < std::max(a.batch.rank, b.batch.rank); ++i) batch.push(y[i]);
    std::array strides{broadcast_strides(a.batch, batch), broadcast_strides(b.batch, batch)};
    int64_t width = panel_width(), per_matrix = panels_of(b), blocks = (a.rows + rows_per_task - 1) / rows_per_task;
    call.workers.run(batch.count() * blocks * per_matrix, [&](int64_t i) {
      int64_t panel = i % per_matrix, block = i / per_matrix % blocks, matrix = i / per_matrix / blocks;
      int64_t left = 0, right = 0, rest = matrix;
      for (int d = batch.rank - 1; d >= 0; --d) {
        left += rest % batch[d] * strides[0][d], right += rest % batch[d] * strides[1][d];
        rest /= batch[d];
      }
      int64_t first = block * rows_per_task, count = std::min(rows_per_task, a.rows - first);
      int64_t columns = std::min(width, b.columns - panel * width);
      float* to = y.as<float>() + (matrix * a.rows + first) * b.columns + panel * width;
      float* tile = columns == width ? nullptr : reinterpret_cast<float*>(call.own_scratch(scratch_bytes_per_thread()));
      std::array<const float*, rows_per_task> from;
      std::array<float*, rows_per_task> into;
      for (int64_t r = 0; r < count; ++r) {
        from[size_t(r)] = rows + ((left * a.rows) + first + r) * a.columns;
        into[size_t(r)] = tile ? tile + r * width : to + r * b.columns;
      }
      by_isa(multiply_panels<4, panel_vectors(4)>, multiply_panels<8, panel_vectors(8)>,
             multiply_panels<16, panel_vectors(16)>)({from.data(), into.data(), count, a.columns,
                                                      panels + (right * per_matrix + panel) * b.rows * width,
                                                      zeros_.data(), 0, 1, panel_vectors(float_lanes())});
      for (int64_t r = 0; tile && r < count; ++r)
        std::memcpy(to + r * b.columns, tile + r * width, size_t(columns * float_bytes));
    });
  }

 private:
  static const float* packed_at_run_time(const Call& call, const Matrices& b) {
    auto* to = reinterpret_cast<float*>(call.scratch);
    call.workers.run(b.batch.count() * panels_of(b), [&](int64_t i) { pack_panel(b, call.in[1].as<float>(), i, to); });
    return to;
  }

  const float* rows_at_run_time(const Call& call, const Matrices& a, const Matrices& b) const {
    auto* to = reinterpret_cast<float*>(call.scratch + (packed_ ? 0 : align_up(packed_floats(b) * float_bytes, 64)));
    call.workers.run(a.batch.count(), [&](int64_t i) { pack_rows(a, call.in[0].as<float>(), i, to); });
    return to;
  }

  MatMul op_;
  Weights b_, packed_;  // where b is constant
  std::vector<float> zeros_;
};

std::string fit(const Node& node, const Target& target, Offer& offer) {
  if (node.output().element() != ElementType::f32) return concat("x has elements of type ", node.output().element());
  Weights matrix = constant_of(node.input(1));
  if (matrix && matrix->extents.rank == 2 && node.input(0).type().rank() > 1 && !as<MatMul>(node)->transpose_a)
    return "panels.matmul takes constant matrices";
  TypicalViews views = typical_views(node, target);
  Matrices b(views.in[1], as<MatMul>(node)->transpose_b, false);
  double columns = double(b.columns), padded = double(panels_of(b) * panel_width());
  if (constant_of(node.input(1))) offer.operands.pop_back();
  price(offer, target, node.op().work(views.in, views.out) * (columns > 0 ? padded / columns : 1), .5);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  const Node& node = offer.region.root();
  return std::make_unique<PanelMatMul>(*as<MatMul>(node), constant_of(node.input(1)), target);
}

constexpr NodeKernel kernels[] = {{"matmul.panels", fit, prepare}};

}  // namespace

extern const NodeKernels matmul_cpu;
const NodeKernels matmul_cpu = kernels;

}  // namespace tenon
