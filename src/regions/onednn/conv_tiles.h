// How a convolution is cut into tiles that one thread computes each, by what its shapes alone say.
#pragma once
#include <tuple>

#include "ops/conv/conv.h"
#include "select/format.h"

namespace tenon::onednn {

// A convolution of one image, whatever the batch.
struct ConvProblem {
  const Conv& conv;
  Extents x, w, y;  // of one image; x[0] and y[0] are 1
  Format in, out;
  bool bias;
  int64_t row_tiles;  // in nhwc; 0: channels are cut there too
  bool depthwise() const { return conv.groups > 1 && w[1] == 1 && w[0] == x[1]; }
};

// What one tile reads and writes: channels, and rows, which are steps along the outermost spatial axis.
struct Range {
  int64_t x_first, x_count, y_first, y_count, groups;
  int64_t x_row = 0, x_rows = 0, y_row = 0, y_rows = 0, pad_begin = 0, pad_end = 0;
  bool same_size(const Range& o) const {
    return std::tie(x_count, y_count, groups, x_rows, y_rows, pad_begin, pad_end) ==
           std::tie(o.x_count, o.y_count, o.groups, o.x_rows, o.y_rows, o.pad_begin, o.pad_end);
  }
};

std::vector<Range> ranges(const ConvProblem& problem);
const char* misfit(const ConvProblem& problem);  // why there is no such grid, or null
int64_t offset_in(const Extents& image, Format format, int64_t channel, int64_t row);  // bytes to where a tile begins

}  // namespace tenon::onednn
