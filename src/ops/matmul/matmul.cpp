#include "ops/matmul/matmul.h"

#include "base/dispatch.h"
#include "ops/known.h"
#include "ops/matmul/matrices.h"

namespace tenon {

OP(MatMul, matmul)

static constexpr ElementSet word_types = ElementType::i32 | ElementType::i64 | ElementType::u32 | ElementType::u64;

Types MatMul::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(0, float_types | word_types, "a");
  in.check_same_element(0, 1);
  const Shape &a = in[0].shape, &b = in[1].shape;
  check(!a.empty() && !b.empty(), "cannot multiply ", a, " by ", b, ": a scalar is no matrix");
  check(!transpose_a || a.size() > 1, "transpose_a needs two axes, a has shape ", a);
  check(!transpose_b || b.size() > 1, "transpose_b needs two axes, b has shape ", b);
  const Dim& a_inner = transpose_a ? a[a.size() - 2] : a.back();
  const Dim& b_inner = transpose_b || b.size() == 1 ? b.back() : b[b.size() - 2];
  check(!a_inner.known() || !b_inner.known() || a_inner == b_inner, "cannot multiply ", a, " by ", b, ": ", a_inner,
        " against ", b_inner);
  auto batch = [](const Shape& s) { return s.size() > 2 ? Shape(s.begin(), s.end() - 2) : Shape(); };
  Shape y = broadcast(batch(a), batch(b));
  if (a.size() > 1) y.push_back(transpose_a ? a.back() : a[a.size() - 2]);
  if (b.size() > 1) y.push_back(transpose_b ? b[b.size() - 2] : b.back());
  return {TensorType{in[0].element, y}};
}

void MatMul::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  if (out[0].count() == 0) return;
  Matrices a(in[0], transpose_a, true), b(in[1], transpose_b, false);
  Extents batch;
  for (int i = 0; i < std::max(a.batch.rank, b.batch.rank); ++i) batch.push(out[0][i]);
  dispatch(in[0].element, [&]<class T>() {
    using Sum = std::conditional_t<is_float<T>, double, uint64_t>;  // unsigned, so that integers wrap
    std::vector<Sum> row(size_t(b.columns));
    Walk<2> walk(batch, {broadcast_strides(a.batch, batch), broadcast_strides(b.batch, batch)});
    T* y = out[0].as<T>();
    for (int64_t i = 0, count = batch.count(); i < count; ++i, walk.next()) {
      const T* left = in[0].as<T>() + walk.offset(0) * a.rows * a.columns;
      const T* right = in[1].as<T>() + walk.offset(1) * b.rows * b.columns;
      for (int64_t m = 0; m < a.rows; ++m) {
        std::fill(row.begin(), row.end(), Sum(0));
        for (int64_t k = 0; k < a.columns; ++k) {
          Sum factor = Sum(left[m * a.row_step + k * a.column_step]);
          const T* from = right + k * b.row_step;
          for (int64_t n = 0; n < b.columns; ++n) row[size_t(n)] += factor * Sum(from[n * b.column_step]);
        }
        for (Sum sum : row) *y++ = T(sum);
      }
    }
  });
}

double MatMul::work(ConstViews in, Views out) const {
  return double(out[0].count()) * double(Matrices(in[0], transpose_a, true).columns);
}

}  // namespace tenon
