#include <cstring>

#include "devices/cpu/onednn.h"
#include "ops/constant/constant.h"
#include "ops/matmul/matmul.h"
#include "regions/onednn/matmul.h"

namespace tenon::onednn {

namespace {

using dnnl::memory;
using tag = memory::format_tag;
using Descriptor = dnnl::matmul::primitive_desc;
constexpr int64_t float_bytes = sizeof(float);

// One tile: rows x inner by inner x columns. Steps are those of the whole matrices; b_any: packed as oneDNN likes it.
struct Tile {
  int64_t rows, inner, columns, a_step, y_step, b_row_step, b_column_step;
  bool b_any, bias;
};

Descriptor describe(const Tile& t, const dnnl::post_ops& ops) {
  auto f32 = memory::data_type::f32;
  memory::desc b = t.b_any ? memory::desc({t.inner, t.columns}, f32, tag::any)
                           : memory::desc({t.inner, t.columns}, f32, memory::dims{t.b_row_step, t.b_column_step});
  memory::desc bias = t.bias ? memory::desc({1, t.columns}, f32, tag::ab) : memory::desc();
  dnnl::matmul::desc d(memory::desc({t.rows, t.inner}, f32, memory::dims{t.a_step, 1}), b, bias,
                       memory::desc({t.rows, t.columns}, f32, memory::dims{t.y_step, 1}));
  dnnl::primitive_attr attr = attributes();
  attr.set_post_ops(ops);
  return {d, attr, engine()};
}

bool is_good(const char* implementation) {
  return is_fast(implementation) || std::string_view(implementation).starts_with("gemm:jit");
}

struct Prepared {
  dnnl::matmul primitive;
  memory::desc a, b, bias, y, scratch;
  explicit Prepared(const Descriptor& d)
      : primitive(d),
        a(d.src_desc()),
        b(d.weights_desc()),
        bias(d.bias_desc()),
        y(d.dst_desc()),
        scratch(d.scratchpad_desc()) {}
  int64_t scratch_bytes() const { return int64_t(scratch.get_size()); }
  void run(const float* a_data, const void* b_data, const void* bias_data, float* y_data, void* scratch_data) const {
    execute(primitive, {{DNNL_ARG_SRC, a.data, const_cast<float*>(a_data)},
                        {DNNL_ARG_WEIGHTS, b.data, const_cast<void*>(b_data)},
                        {DNNL_ARG_BIAS, bias.data, const_cast<void*>(bias_data)},
                        {DNNL_ARG_DST, y.data, y_data},
                        {DNNL_ARG_SCRATCHPAD, scratch.data, scratch_bytes() ? scratch_data : nullptr}});
  }
};

// Columns of a tile: about eight tiles, of 64 to 512 columns.
int64_t tile_columns(int64_t columns) {
  int64_t step = (columns / 8 + 63) / 64 * 64;
  return std::clamp<int64_t>(step, 64, 512);
}

constexpr int64_t most_rows = 256, open_rows = 32;
int64_t tile_rows(const Dim& rows) {
  if (!rows.known()) return open_rows;
  return rows.value() <= most_rows ? rows.value() : most_rows / 2;
}

Dim rows_of(const Shape& a) {
  Dim rows = 1;
  for (size_t d = 0; d + 1 < a.size(); ++d) rows = rows * a[d];
  return rows;
}

// The right side is constant and has two axes.
struct WeightedProblem {
  int64_t inner, columns, row_step, column_step;  // of b
  Weights b, bias;
  dnnl::post_ops ops;
  bool residual;
  Tile tile(int64_t rows, int64_t tile_columns, int64_t y_step) const {
    return {rows, inner, tile_columns, inner, y_step, row_step, column_step, true, bias != nullptr};
  }
};

WeightedProblem weighted_problem(const Epilogue& e, const PostOps& post) {
  Weights b = constant_of(e.anchor().input(1));
  bool transposed = as<MatMul>(e.anchor())->transpose_b;
  int64_t inner = b->extents[transposed ? 1 : 0], columns = b->extents[transposed ? 0 : 1];
  return {inner,     columns,  transposed ? 1 : columns, transposed ? inner : 1, b,
          post.bias, post.ops, post.residual != nullptr};
}

class WeightedMatMul final : public Kernel {
 public:
  WeightedMatMul(const WeightedProblem& p, const Dim& rows, const Target& target)
      : inner_(p.inner), columns_(p.columns), residual_(p.residual), rows_(tile_rows(rows)) {
    int64_t step = tile_columns(p.columns);
    rest_ = rows.known() ? rows.value() % rows_ : 0;
    for (int64_t c = 0; c < p.columns; c += step) {
      Column column{c, std::min(step, p.columns - c), {}, {}, {}, {}};
      column.whole = prepared(p, {rows_, column.count, p.columns}, c, {}, target);
      if (rest_) column.rest = prepared(p, {rest_, column.count, p.columns}, c, column.whole, target);
      if (!rows.known()) column.padded = prepared(p, {rows_, column.count, column.count}, c, column.whole, target);
      if (p.bias) {
        View view;
        column.bias = make_weights(target, ElementType::f32, {column.count}, view);
        std::memcpy(view.data, p.bias->data + c * float_bytes, size_t(column.count * float_bytes));
      }
      columns_of_tiles_.push_back(std::move(column));
    }
    if (!rows.known()) padded_ = rows_ * (inner_ + step) * float_bytes;
  }

  int64_t scratch_bytes_per_thread() const override { return align_up(scratch_, 64) + padded_; }

  void run(const Call& call) const override {
    const float* a = call.in[0].as<float>();
    float* y = call.out[0].as<float>();
    int64_t rows = columns_ ? call.out[0].count() / columns_ : 0, tiles = int64_t(columns_of_tiles_.size());
    if (residual_ && call.in[1].data != y) std::memcpy(y, call.in[1].data, size_t(rows * columns_ * float_bytes));
    call.workers.run((rows + rows_ - 1) / rows_ * tiles, [&](int64_t i) {
      const Column& c = columns_of_tiles_[size_t(i % tiles)];
      int64_t first = i / tiles * rows_, count = std::min(rows_, rows - first);
      std::byte* scratch = call.own_scratch(scratch_bytes_per_thread());
      const float* from = a + first * inner_;
      float* to = y + first * columns_ + c.first;
      if (count == rows_) c.run(c.whole, from, to, scratch);
      else if (count == rest_) c.run(c.rest, from, to, scratch);
      else run_padded(c, from, to, count, scratch);
    });
  }

 private:
  struct Shape {
    int64_t rows, columns, y_step;
    auto operator<=>(const Shape&) const = default;
  };
  struct Packed {
    std::shared_ptr<const Prepared> prepared;
    Weights b;
  };
  struct Column {
    int64_t first, count;
    Packed whole, rest, padded;
    Weights bias;
    void run(const Packed& p, const float* a, float* y, void* scratch) const {
      p.prepared->run(a, p.b->data, bias ? bias->data : nullptr, y, scratch);
    }
  };

  // Code is shared by tiles of one shape, packed weights by tiles that want them packed alike.
  Packed prepared(const WeightedProblem& p, const Shape& shape, int64_t first, const Packed& sibling,
                  const Target& target) {
    auto& known = shapes_[shape];
    if (!known)
      known = std::make_shared<const Prepared>(describe(p.tile(shape.rows, shape.columns, shape.y_step), p.ops));
    scratch_ = std::max(scratch_, known->scratch_bytes());
    if (sibling.prepared && sibling.prepared->b == known->b) return {known, sibling.b};
    View view;
    Weights packed = make_weights(target, ElementType::u8, {int64_t(known->b.get_size())}, view);
    memory::desc plain({p.inner, shape.columns}, memory::data_type::f32, memory::dims{p.row_step, p.column_step});
    pack(plain, p.b->data + first * p.column_step * float_bytes, known->b, view.data);
    return {known, packed};
  }

  void run_padded(const Column& c, const float* from, float* to, int64_t count, std::byte* scratch) const {
    auto* a = reinterpret_cast<float*>(scratch + align_up(scratch_, 64));
    float* y = a + rows_ * inner_;
    std::memcpy(a, from, size_t(count * inner_ * float_bytes));
    std::memset(a + count * inner_, 0, size_t((rows_ - count) * inner_ * float_bytes));
    std::memset(y, 0, size_t(rows_ * c.count * float_bytes));
    for (int64_t r = 0; residual_ && r < count; ++r)
      std::memcpy(y + r * c.count, to + r * columns_, size_t(c.count * float_bytes));
    c.run(c.padded, a, y, scratch);
    for (int64_t r = 0; r < count; ++r) std::memcpy(to + r * columns_, y + r * c.count, size_t(c.count * float_bytes));
  }

  int64_t inner_, columns_;
  bool residual_;
  int64_t rows_, rest_ = 0, scratch_ = 0, padded_ = 0;
  std::vector<Column> columns_of_tiles_;
  std::map<Shape, std::shared_ptr<const Prepared>> shapes_;
};

// Both sides are there at run time only; the matrices' extents are known at build. Leading axes broadcast.
class BatchedMatMul final : public Kernel {
 public:
  BatchedMatMul(const Tile& tile, int64_t rows, const dnnl::post_ops& ops, bool residual)
      : tile_(tile), rows_(rows), residual_(residual), whole_(describe(tile, ops)) {
    int64_t rest = rows % tile.rows;
    if (!rest) return;
    Tile last = tile;
    last.rows = rest;
    rest_ = std::make_unique<const Prepared>(describe(last, ops));
  }

  int64_t scratch_bytes_per_thread() const override {
    return std::max(whole_.scratch_bytes(), rest_ ? rest_->scratch_bytes() : 0);
  }

  void run(const Call& call) const override {
    const ConstView &a = call.in[0], &b = call.in[1];
    const View& y = call.out[0];
    if (residual_ && call.in[2].data != y.data) std::memcpy(y.data, call.in[2].data, size_t(y.count() * float_bytes));
    auto batch_of = [](const Extents& e) { return Extents(std::span(e.dims.data(), size_t(e.rank - 2))); };
    Extents batch = batch_of(y.extents);
    std::array strides{broadcast_strides(batch_of(a.extents), batch), broadcast_strides(batch_of(b.extents), batch)};
    int64_t a_matrix = rows_ * tile_.inner, b_matrix = tile_.inner * tile_.columns, y_matrix = rows_ * tile_.columns;
    int64_t tiles = (rows_ + tile_.rows - 1) / tile_.rows;
    call.workers.run(batch.count() * tiles, [&](int64_t i) {
      int64_t matrix = i / tiles, row = i % tiles * tile_.rows, left = 0, right = 0, rest = matrix;
      for (int d = batch.rank - 1; d >= 0; --d) {
        left += rest % batch[d] * strides[0][d], right += rest % batch[d] * strides[1][d];
        rest /= batch[d];
      }
      const Prepared& p = row + tile_.rows <= rows_ ? whole_ : *rest_;
      p.run(a.as<float>() + left * a_matrix + row * tile_.a_step, b.as<float>() + right * b_matrix, nullptr,
            y.as<float>() + matrix * y_matrix + row * tile_.columns, call.own_scratch(scratch_bytes_per_thread()));
    });
  }

 private:
  Tile tile_;
  int64_t rows_;
  bool residual_;
  Prepared whole_;
  std::unique_ptr<const Prepared> rest_;
};

Tile batched_tile(const Node& node) {
  const Shape &a = node.input(0).shape(), &b = node.input(1).shape();
  bool transposed = as<MatMul>(node)->transpose_b;
  int64_t rows = a[a.size() - 2].value(), inner = a.back().value();
  int64_t columns = b[b.size() - (transposed ? 2 : 1)].value();
  return {rows <= most_rows ? rows : most_rows / 2,
          inner,
          columns,
          inner,
          columns,
          transposed ? 1 : columns,
          transposed ? inner : 1,
          false,
          false};
}

const char* refusal(const Epilogue& e, const PostOps& post, const Target& target) {
  if (post.refusal) return post.refusal;
  const Node& node = e.anchor();
  const Shape &a = node.input(0).shape(), &b = node.input(1).shape();
  if (as<MatMul>(node)->transpose_a) return "the left side is transposed";
  if (a.size() < 2 || b.size() < 2) return "an operand is a vector";
  if (!a.back().known()) return "the inner extent is not known";
  if (at(node.output().shape(), target.typical).count() == 0 || a.back().value() == 0) return "nothing to compute";
  if (constant_of(node.input(1)) && b.size() == 2) return nullptr;
  if (post.bias) return "a bias on a batch of matrices";
  if (!a[a.size() - 2].known() || !b[b.size() - 2].known() || !b.back().known())
    return "an extent of the matrices is not known";
  return nullptr;
}

bool is_weighted(const Node& node) { return constant_of(node.input(1)) && node.input(1).shape().size() == 2; }

}  // namespace

void offer_matmul(const Provider& provider, const Epilogue& e, const Target& target, Offers& offers) {
  const Node& node = e.anchor();
  PostOps post = post_ops(e, is_weighted(node) ? Bias::per_column : Bias::none);
  if (const char* reason = refusal(e, post, target)) return offers.refuse("onednn.matmul", reason);
  std::string implementation;
  try {
    if (is_weighted(node)) {
      WeightedProblem p = weighted_problem(e, post);
      int64_t columns = std::min(tile_columns(p.columns), p.columns);
      implementation =
          describe(p.tile(tile_rows(rows_of(node.input(0).shape())), columns, p.columns), p.ops).impl_info_str();
    } else {
      implementation = describe(batched_tile(node), post.ops).impl_info_str();
    }
  } catch (const dnnl::error& error) {
    return offers.refuse("onednn.matmul", concat("oneDNN: ", error.what()));
  }
  if (!is_good(implementation.c_str()))
    return offers.refuse("onednn.matmul", concat("oneDNN has only ", implementation));
  Offer o;
  o.provider = &provider;
  o.kernel = "onednn.matmul";
  o.region = e.region;
  o.operands = {{&node.input(0), plain_format(node.input(0))}};
  if (!is_weighted(node)) o.operands.push_back({&node.input(1), plain_format(node.input(1))});
  if (post.residual)
    o.in_place = int(o.operands.size()), o.operands.push_back({post.residual, plain_format(*post.residual)});
  o.results = {plain_format(*o.region.exits[0])};
  TypicalViews views = typical_views(node, target);
  double work = node.op().work(views.in, views.out);
  int64_t bytes = moved_bytes(o, target) + (is_weighted(node) ? constant_of(node.input(1))->bytes() : 0);
  o.bound_ms = roofline_ms(target, work, 1, bytes) / target.threads;
  o.expected_ms = roofline_ms(target, work, .6, bytes * 4);
  time_as_anchor(o, e, post.steps, is_weighted(node) ? 1 : 2, target);
  offers.accept(std::move(o));
}

std::unique_ptr<Kernel> prepare_matmul(const Epilogue& e, const Target& target) {
  const Node& node = e.anchor();
  PostOps post = post_ops(e, is_weighted(node) ? Bias::per_column : Bias::none);
  if (is_weighted(node))
    return std::make_unique<WeightedMatMul>(weighted_problem(e, post), rows_of(node.input(0).shape()), target);
  return std::make_unique<BatchedMatMul>(
      batched_tile(node), node.input(0).shape()[node.input(0).shape().size() - 2].value(), post.ops, post.residual);
}

}  // namespace tenon::onednn
