// Rows by a matrix that is packed in panels, from one row (a vector) to many; sums along the inner extent go in order,
// each in a lane of its own, so that their bits depend neither on how many rows there are nor on who computes which.
#pragma once
#include <cstdint>

namespace tenon {

constexpr int64_t panel_vectors = 4;

// to[r][column] = start[column] + sum over k of rows[r][k] * matrix[k][column]. A panel holds panel_vectors * N
// neighbouring columns as [inner][panel_vectors * N]; what `start` and `to` have is a multiple of that.
struct PanelProduct {
  const float* const* rows;
  float* const* to;
  int64_t count;  // of rows
  int64_t inner;
  const float* panels;
  const float* start;
  int64_t first_panel, past_panel;  // those to compute
};

template <int N>
void multiply_panels(const PanelProduct& p);
extern template void multiply_panels<4>(const PanelProduct&);
extern template void multiply_panels<8>(const PanelProduct&);
extern template void multiply_panels<16>(const PanelProduct&);

}  // namespace tenon
