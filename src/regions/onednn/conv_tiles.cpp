#include "regions/onednn/conv_tiles.h"

namespace tenon::onednn {

namespace {

// Four blocks of 16 output channels a tile where there are enough of them, else about two tiles.
int64_t channels_per_tile(int64_t channels) {
  int64_t blocks = (channels + 15) / 16;
  return 16 * (blocks >= 8 ? 4 : (blocks + 1) / 2);
}

// All rows, some channels each.
std::vector<Range> channel_ranges(const ConvProblem& p) {
  std::vector<Range> list;
  int64_t groups = p.conv.groups, x_channels = p.x[1], y_channels = p.y[1];
  if (groups == 1 || p.depthwise()) {
    int64_t step = channels_per_tile(y_channels);
    for (int64_t c = 0; c < y_channels; c += step) {
      int64_t count = std::min(step, y_channels - c);
      list.push_back(groups == 1 ? Range{0, x_channels, c, count, 1} : Range{c, count, c, count, count});
    }
  } else {
    int64_t x_step = x_channels / groups, y_step = y_channels / groups;
    for (int64_t g = 0; g < groups; ++g) list.push_back({g * x_step, x_step, g * y_step, y_step, 1});
  }
  return list;
}

// About `tiles` of all channels; none where the windows of a tile meet padding alone.
std::vector<Range> row_ranges(const ConvProblem& p, int64_t tiles) {
  Slide s = p.conv.slide(0, p.x[2], p.w[2]);
  int64_t step = (s.output + tiles - 1) / tiles;
  std::vector<Range> list;
  for (int64_t row = 0; row < s.output; row += step) {
    int64_t rows = std::min(step, s.output - row);
    int64_t first = s.source(row, 0), past = s.source(row + rows - 1, s.extent - 1) + 1;
    int64_t from = std::max<int64_t>(first, 0), to = std::min(past, s.input);
    if (from >= to) return {};
    list.push_back({0, p.x[1], 0, p.y[1], p.conv.groups, from, to - from, row, rows, from - first, past - to});
  }
  return list;
}

}  // namespace

std::vector<Range> ranges(const ConvProblem& p) {
  if (p.row_tiles) return row_ranges(p, p.row_tiles);
  std::vector<Range> list = channel_ranges(p);
  for (Range& r : list) {
    Slide s = p.conv.slide(0, p.x[2], p.w[2]);
    r.x_rows = s.input, r.y_rows = s.output, r.pad_begin = s.pad_begin;
    r.pad_end = s.source(s.output - 1, s.extent - 1) + 1 - s.input;
  }
  return list;
}

const char* misfit(const ConvProblem& p) {
  bool grouped = p.conv.groups > 1 && !p.depthwise();
  if (p.out.layout == Layout::nhwc) {
    if (p.in.layout != Layout::nhwc) return "only channels last to channels last";
    if (p.conv.groups > 1 && !p.row_tiles) return "groups in tiles of channels last";
    return p.row_tiles && row_ranges(p, p.row_tiles).empty() ? "a row meets padding alone" : nullptr;
  }
  if (grouped && ((p.x[1] / p.conv.groups) % 16 || (p.y[1] / p.conv.groups) % 16))
    return "groups are no multiples of 16 channels";
  if (p.in.layout == Layout::c16) return nullptr;
  if (p.conv.groups > 1) return "groups in plain layout";
  return p.x[1] > 4 ? "many channels in plain layout" : nullptr;
}

int64_t offset_in(const Extents& image, Format f, int64_t channel, int64_t row) {
  int64_t bytes = size_bytes(f.element);
  if (f.layout == Layout::nhwc) return (row * image.count_between(3, image.rank) * image[1] + channel) * bytes;
  return channel * image.count_between(2, image.rank) * bytes;  // whole blocks where channels are blocked
}

}  // namespace tenon::onednn
