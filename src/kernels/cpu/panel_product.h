// Rows by a matrix that is packed in panels, from one row (a vector) to many; sums along the inner extent go in order,
// each in a lane of its own, so that their bits depend neither on how many rows there are nor on who computes which.
#pragma once
#include <cstdint>

namespace tenon {

// Of N lanes in a panel: as many as leave registers for enough rows, and a panel of some thousand rows in the caches.
constexpr int64_t panel_vectors(int64_t lanes) { return lanes == 16 ? 4 : 2; }
constexpr int64_t gate_panel_vectors = 4;  // of recurrences, whose units lie in vectors of up to four gates

// to[r][column] = (sum over taps t and k of rows[t][r][k] * matrix[t][k][column]) + start[column], added last: a large
// start would cost every partial sum its digits. A panel holds
// neighbouring columns, `vectors` times N of them, as [taps][inner][vectors * N]; `start` has whole panels. A
// convolution has a tap for each element of its window, a product one.
struct PanelProduct {
  const float* const* rows;  // those of a tap side by side, `tap_step` behind those of the tap before
  float* const* to;          // receives whole vectors
  int64_t count;             // of rows
  int64_t inner;
  const float* panels;
  const float* start;
  int64_t first_panel, past_panel;  // those to compute
  int64_t past_vector;              // vectors from here on, counted from the first panel's first, are left out
  int64_t taps = 1, tap_step = 0;
  bool bounded = false;  // results are brought within bounds; NaN stays
  float low = 0, high = 0;
};

template <int N, int vectors>
void multiply_panels(const PanelProduct& p);

#define PANEL_PRODUCT(word, N, vectors) word template void multiply_panels<N, vectors>(const PanelProduct&);
PANEL_PRODUCT(extern, 4, 2)
PANEL_PRODUCT(extern, 4, 4)
PANEL_PRODUCT(extern, 8, 2)
PANEL_PRODUCT(extern, 8, 4)
PANEL_PRODUCT(extern, 16, 4)

}  // namespace tenon
