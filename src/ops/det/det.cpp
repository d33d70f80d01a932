#include "ops/det/det.h"

#include <cmath>

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(Det, det)

Types Det::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, float_types, "x");
  const Shape& x = in[0].shape;
  check(x.size() >= 2, "x is ", in[0], ", expected matrices");
  const Dim &rows = x[x.size() - 2], &columns = x.back();
  check(!rows.known() || !columns.known() || rows == columns, "x is ", in[0], ", expected square matrices");
  return {TensorType{in[0].element, Shape(x.begin(), x.end() - 2)}};
}

// Elimination with the largest pivot of each column; destroys `a`, which is size x size.
static double determinant(std::vector<double>& a, int64_t size) {
  double product = 1;
  auto at = [&](int64_t row, int64_t column) -> double& { return a[size_t(row * size + column)]; };
  for (int64_t k = 0; k < size; ++k) {
    int64_t pivot = k;
    for (int64_t row = k + 1; row < size; ++row)
      if (std::fabs(at(row, k)) > std::fabs(at(pivot, k))) pivot = row;
    if (at(pivot, k) == 0) return 0;
    if (pivot != k) {
      product = -product;
      for (int64_t column = k; column < size; ++column) std::swap(at(k, column), at(pivot, column));
    }
    product *= at(k, k);
    for (int64_t row = k + 1; row < size; ++row) {
      double factor = at(row, k) / at(k, k);
      for (int64_t column = k + 1; column < size; ++column) at(row, column) -= factor * at(k, column);
    }
  }
  return product;
}

void Det::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  if (out[0].count() == 0) return;
  int64_t size = in[0][in[0].rank() - 1];
  std::vector<double> matrix(size_t(size * size));
  dispatch(in[0].element, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t i = 0, count = out[0].count(); i < count; ++i) {
        const T* x = in[0].as<T>() + i * size * size;
        for (int64_t k = 0; k < size * size; ++k) matrix[size_t(k)] = double(x[k]);
        out[0].as<T>()[i] = T(determinant(matrix, size));
      }
  });
}

double Det::work(ConstViews in, Views) const { return double(in[0].count()) * double(in[0][in[0].rank() - 1]) / 3; }

}  // namespace tenon
