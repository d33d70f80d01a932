// Products of bytes by tiles of 16 rows and 64 bytes (AMX). Rows lie a constant step apart; `inner` is a multiple
// of 64.
#include <algorithm>

#include "kernels/cpu/byte_product.h"
#include "kernels/cpu/simd.h"

namespace tenon {

namespace {

constexpr int64_t tile_rows = 16, tile_columns = 16, width = byte_vectors * tile_columns;
constexpr int64_t tile_line = 64, tile_bytes = tile_rows * tile_line;

struct alignas(64) TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};
  TileConfig() {
    for (int i = 0; i < 8; ++i) row_bytes[i] = 64, rows[i] = tile_rows;
  }
};

// Sums of tiles are 0 to 3: of rows in 4 or 5 and weights in 6 or 7, whose numbers must stand in the instruction.
template <bool is_signed>
inline void add_4_by_6() {
  if constexpr (is_signed) _tile_dpbssd(0, 4, 6);
  else _tile_dpbusd(0, 4, 6);
}
template <bool is_signed>
inline void add_4_by_7() {
  if constexpr (is_signed) _tile_dpbssd(1, 4, 7);
  else _tile_dpbusd(1, 4, 7);
}
template <bool is_signed>
inline void add_5_by_6() {
  if constexpr (is_signed) _tile_dpbssd(2, 5, 6);
  else _tile_dpbusd(2, 5, 6);
}
template <bool is_signed>
inline void add_5_by_7() {
  if constexpr (is_signed) _tile_dpbssd(3, 5, 7);
  else _tile_dpbusd(3, 5, 7);
}

// 32 rows by 32 columns.
template <bool is_signed>
inline void tile_square(const std::byte* a, int64_t a_step, int64_t inner, const std::byte* b, const int32_t* start,
                        int32_t* to, int64_t to_bytes) {
  _tile_loadd(0, start, 0);
  _tile_loadd(1, start + tile_columns, 0);
  _tile_loadd(2, start, 0);
  _tile_loadd(3, start + tile_columns, 0);
  for (int64_t k = 0; k < inner; k += tile_inner, b += 2 * tile_bytes) {
    _tile_loadd(6, b, tile_line);
    _tile_loadd(4, a + k, a_step);
    add_4_by_6<is_signed>();
    _tile_loadd(7, b + tile_bytes, tile_line);
    add_4_by_7<is_signed>();
    _tile_loadd(5, a + tile_rows * a_step + k, a_step);
    add_5_by_6<is_signed>();
    add_5_by_7<is_signed>();
  }
  _tile_stored(0, to, to_bytes);
  _tile_stored(1, to + tile_columns, to_bytes);
  _tile_stored(2, to + tile_rows * to_bytes / 4, to_bytes);
  _tile_stored(3, to + tile_rows * to_bytes / 4 + tile_columns, to_bytes);
}

// 16 rows by 32 columns.
template <bool is_signed>
inline void tile_band(const std::byte* a, int64_t a_step, int64_t inner, const std::byte* b, const int32_t* start,
                      int32_t* to, int64_t to_bytes) {
  _tile_loadd(0, start, 0);
  _tile_loadd(1, start + tile_columns, 0);
  for (int64_t k = 0; k < inner; k += tile_inner, b += 2 * tile_bytes) {
    _tile_loadd(4, a + k, a_step);
    _tile_loadd(6, b, tile_line);
    add_4_by_6<is_signed>();
    _tile_loadd(7, b + tile_bytes, tile_line);
    add_4_by_7<is_signed>();
  }
  _tile_stored(0, to, to_bytes);
  _tile_stored(1, to + tile_columns, to_bytes);
}

template <bool is_signed>
void multiply_tiles(const ByteProduct& p) {
  if (p.count == 0) return;
  const TileConfig config;
  _tile_loadconfig(&config);
  const auto* rows = static_cast<const std::byte*>(p.rows[0]);
  int64_t step = p.count > 1 ? static_cast<const std::byte*>(p.rows[1]) - rows : p.inner;
  int64_t to_bytes = p.to_step * int64_t(sizeof(int32_t));
  for (int64_t panel = p.first_panel; panel < p.past_panel; ++panel) {
    const auto* weights = static_cast<const std::byte*>(p.panels) + panel * width * p.inner;
    int64_t columns = std::min(width, p.columns - panel * width);
    for (int64_t at = 0; at < columns; at += 2 * tile_columns)
      for (int64_t row = 0; row < p.count; row += 2 * tile_rows) {
        auto* multiply = p.count - row > tile_rows ? tile_square<is_signed> : tile_band<is_signed>;
        multiply(rows + row * step, step, p.inner, weights + at * p.inner, p.start + panel * width + at,
                 p.to + row * p.to_step + (panel - p.first_panel) * width + at, to_bytes);
      }
  }
  _tile_release();
  for (int64_t r = 0; p.row_start && r < p.count; ++r)
    for (int64_t c = 0; c < (p.past_panel - p.first_panel) * width; c += 16) {
      int32_t* to = p.to + r * p.to_step + c;
      _mm512_storeu_si512(to, _mm512_add_epi32(_mm512_loadu_si512(to), _mm512_set1_epi32(p.row_start[r])));
    }
}

}  // namespace

void multiply_tiles_u8(const ByteProduct& p) { multiply_tiles<false>(p); }
void multiply_tiles_i8(const ByteProduct& p) { multiply_tiles<true>(p); }

}  // namespace tenon
