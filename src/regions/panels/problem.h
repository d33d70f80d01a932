// A product or a convolution by constant weights with what follows it, as the panel kernel wants it.
#pragma once
#include <cmath>

#include "ops/conv/conv.h"
#include "regions/epilogue/epilogue.h"

namespace tenon {

// What the tail reads beside the sums.
struct PanelSide {
  const Value* value;
  bool per_column;  // one number a column, for all rows; else as large as the result
};

struct PanelProblem {
  const Node* anchor = nullptr;
  const Conv* conv = nullptr;  // null: a product, the result's last axis its columns
  Weights weights;             // [O,C,window], or a matrix
  bool transposed = false;     // that matrix: [columns, inner]
  Weights start;               // one number a column, or null
  int64_t inner = 0, taps = 1, columns = 0;
  Layout layout = Layout::plain;
  Expression tail;  // input 0 is the sum, input k + 1 is sides[k]
  bool has_tail = false;
  std::vector<PanelSide> sides;
  bool bounded = false;  // the tail is no more than relu and clip: these bounds
  float low = -INFINITY, high = INFINITY;
  std::string refusal;  // empty: the kernel can take it
};

PanelProblem panel_problem(const Epilogue& epilogue);
bool is_panel_anchor(const Node& node);

}  // namespace tenon
