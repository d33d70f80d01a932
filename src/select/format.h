// How a value lies in memory on one edge: element type, layout, whose memory. Selection decides it; nothing before
// knows it.
#pragma once
#include <array>
#include <compare>

#include "base/space.h"
#include "ir/node.h"

namespace tenon {

enum class Layout : uint8_t {
  plain,  // row-major as the shape says (NCHW)
  nhwc,   // channels innermost
  c16,    // channels in blocks of 16, innermost (nChw16c); the last block is padded with zeros
};
constexpr int layout_count = 3;

struct Format {
  ElementType element = ElementType::f32;
  Layout layout = Layout::plain;
  Space space = Space::host;
  auto operator<=>(const Format&) const = default;
};

inline Format plain_format(const Value& value, Space space = Space::host) {
  return {value.element(), Layout::plain, space};
}
std::string to_text(Format f);  // f32, f32.c16, f16.nhwc@device
Format parse_format(std::string_view text);

// Small sets of formats, as the demands on one value.
class FormatSet {
 public:
  void insert(Format f) { bits_of(f) |= bit(f); }
  bool contains(Format f) const { return (bits_[index(f.space, f.layout)] & bit(f)) != 0; }
  template <class Visit>
  void each_other(Format made, Visit visit) const {
    FormatSet others = *this;
    others.bits_of(made) &= ~bit(made);
    for (Space space : {Space::host, Space::device})
      for (int layout = 0; layout < layout_count; ++layout)
        for (uint32_t rest = others.bits_[index(space, Layout(layout))]; rest; rest &= rest - 1)
          visit(Format{ElementType(__builtin_ctz(rest)), Layout(layout), space});
  }
  auto operator<=>(const FormatSet&) const = default;

 private:
  static size_t index(Space space, Layout layout) { return size_t(space) * layout_count + size_t(layout); }
  static uint32_t bit(Format f) { return uint32_t(1) << int(f.element); }
  static_assert(element_type_count <= 32);
  uint32_t& bits_of(Format f) { return bits_[index(f.space, f.layout)]; }
  std::array<uint32_t, 2 * layout_count> bits_{};  // sets of element types, by space and layout
};

// Layouts other than plain are for batches of channelled maps: rank 3 to 5, axis 1 counts channels.
inline bool has_channels(const TensorType& t) { return t.rank() >= 3 && t.rank() <= 5; }
// Extents as they lie in memory: [N,C/16,H,W,16] for c16, [N,H,W,C] for nhwc.
Extents stored_extents(const Extents& logical, Layout layout);
int64_t stored_bytes(const Extents& logical, Format format);

}  // namespace tenon
