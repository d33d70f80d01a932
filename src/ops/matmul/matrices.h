// An operand of a matrix product, however it is stored.
#pragma once
#include "base/view.h"

namespace tenon {

// One operand as a batch of matrices, with the steps between its elements.
struct Matrices {
  Extents batch;
  int64_t rows, columns, row_step, column_step;
  Matrices(const ConstView& v, bool transpose, bool vector_is_row) {
    if (v.rank() == 1) {
      rows = vector_is_row ? 1 : v[0], columns = vector_is_row ? v[0] : 1;
      row_step = column_step = 1;
      return;
    }
    for (int i = 0; i < v.rank() - 2; ++i) batch.push(v[i]);
    rows = v[v.rank() - 2], columns = v[v.rank() - 1], row_step = columns, column_step = 1;
    if (transpose) std::swap(rows, columns), std::swap(row_step, column_step);
  }
};

}  // namespace tenon
