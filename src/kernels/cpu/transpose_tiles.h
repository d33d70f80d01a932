// Two-dimensional transposition: y[c][r] = x[r][c]. Elements of a row stand together in x, those of a column in y.
#pragma once
#include <cstdint>

namespace tenon {

struct Tiles {
  const void* x;
  void* y;
  int64_t rows, columns;   // of x
  int64_t x_step, y_step;  // bytes from row to row of x, and of y
};

template <class T, int N>
void transpose_tiles(const Tiles& tiles);

}  // namespace tenon
