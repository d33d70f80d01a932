// Two-dimensional transposition: y[c][r] = x[r][c]. Elements of a row stand together in x, those of a column in y.
#pragma once
#include <cstdint>

namespace tenon {

struct Tiles {
  const void* x;
  void* y;
  int64_t rows, columns;   // of x
  int64_t x_step, y_step;  // bytes from row to row of x, and of y
  int64_t zero_rows = 0;   // how many rows of zeros x is seen to have behind its own
};

template <class T, int N>
void transpose_tiles(const Tiles& tiles);
extern template void transpose_tiles<uint8_t, 4>(const Tiles&);
extern template void transpose_tiles<uint8_t, 8>(const Tiles&);
extern template void transpose_tiles<uint8_t, 16>(const Tiles&);
extern template void transpose_tiles<uint16_t, 4>(const Tiles&);
extern template void transpose_tiles<uint16_t, 8>(const Tiles&);
extern template void transpose_tiles<uint16_t, 16>(const Tiles&);
extern template void transpose_tiles<uint32_t, 4>(const Tiles&);
extern template void transpose_tiles<uint32_t, 8>(const Tiles&);
extern template void transpose_tiles<uint32_t, 16>(const Tiles&);
extern template void transpose_tiles<uint64_t, 2>(const Tiles&);
extern template void transpose_tiles<uint64_t, 4>(const Tiles&);
extern template void transpose_tiles<uint64_t, 8>(const Tiles&);

using TransposeTiles = void (*)(const Tiles& tiles);
TransposeTiles transpose_tiles_of(int64_t element_bytes);  // 1, 2, 4 or 8; for this machine

}  // namespace tenon
