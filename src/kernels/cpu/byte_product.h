// Rows of small whole numbers by a packed matrix of them, exactly: sums in i32 wrap, so only the last value must fit.
// A row is a list of taps, each a run of `inner` elements anywhere in memory, as the windows of a convolution are.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tenon {

constexpr int64_t byte_vectors = 4;  // of a panel

// to[r][column] = start[column] + row_start[r] + sum over taps t and k of rows[r][t][k] * matrix[t][k][column].
// A panel holds byte_vectors * N neighbouring columns as [tap][inner / group][column][group]; `inner` is a multiple of
// `group`. `start` counts columns of all panels, `to` those from first_panel on.
struct ByteProduct {
  const void* const* rows;  // [row][tap]
  int64_t count, taps, inner;
  const void* panels;
  const int32_t* start;
  const int32_t* row_start;  // or null
  int64_t first_panel, past_panel;
  int64_t columns;  // of all panels that count: what lies in vectors behind them is not made
  int32_t* to;
  int64_t to_step;  // from row to row
};

// Elements and weights of 16 bits, in groups of two, on every machine.
constexpr int64_t word_group = 2;
template <int N>
void multiply_words(const ByteProduct& p);
extern template void multiply_words<4>(const ByteProduct&);
extern template void multiply_words<8>(const ByteProduct&);
extern template void multiply_words<16>(const ByteProduct&);

// Bytes as words.
template <int N>
void widen_bytes(const std::byte* from, int64_t count, bool is_signed, int16_t* to);
extern template void widen_bytes<4>(const std::byte*, int64_t, bool, int16_t*);
extern template void widen_bytes<8>(const std::byte*, int64_t, bool, int16_t*);
extern template void widen_bytes<16>(const std::byte*, int64_t, bool, int16_t*);

// With VNNI: elements u8, or i8 of which 128 is added, weights i8, in groups of four; panels of vectors of 16.
constexpr int64_t byte_group = 4;
void multiply_u8(const ByteProduct& p);
void multiply_i8(const ByteProduct& p);  // rows[r][t][k] + 128 counts
// The sum over taps of a row's elements, as above.
int32_t sum_u8(const void* const* taps, int64_t count, int64_t inner);
int32_t sum_i8(const void* const* taps, int64_t count, int64_t inner);

// With AMX: as VNNI, i8 as they are. Rows are one tap each, a constant step apart, as many in memory as fill the last
// tile of 16, as is `to`; `inner` is a multiple of 64. A panel lies as it is read: see place_in_tiles.
constexpr int64_t tile_inner = 64;
// The place of weight [k][column] of all panels: pairs of columns' tiles, along k two tiles of [16 groups][16
// columns][4].
inline int64_t place_in_tiles(int64_t k, int64_t column, int64_t inner) {
  constexpr int64_t pair = 32, tile = 16, group = 4, tile_bytes = 1024;
  int64_t block = column / pair * (inner / tile_inner) + k / tile_inner;
  return (2 * block + column % pair / tile) * tile_bytes + (k % tile_inner / group * tile + column % tile) * group +
         k % group;
}
void multiply_tiles_u8(const ByteProduct& p);
void multiply_tiles_i8(const ByteProduct& p);

}  // namespace tenon
