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
  void insert(Format f) { of(f.space) |= uint64_t(1) << index(f); }
  bool contains(Format f) const { return bits_[size_t(f.space)] >> index(f) & 1; }
  template <class Visit>
  void each_other(Format made, Visit visit) const {
    FormatSet others = *this;
    others.of(made.space) &= ~(uint64_t(1) << index(made));
    for (Space space : {Space::host, Space::device})
      for (uint64_t rest = others.of(space); rest; rest &= rest - 1) {
        int i = __builtin_ctzll(rest);
        visit(Format{ElementType(i / layout_count), Layout(i % layout_count), space});
      }
  }
  auto operator<=>(const FormatSet&) const = default;

 private:
  static int index(Format f) { return int(f.element) * layout_count + int(f.layout); }
  static_assert(element_type_count * layout_count <= 64);
  uint64_t& of(Space space) { return bits_[size_t(space)]; }
  std::array<uint64_t, 2> bits_{};  // by space
};

// Layouts other than plain are for batches of channelled maps: rank 3 to 5, axis 1 counts channels.
inline bool has_channels(const TensorType& t) { return t.rank() >= 3 && t.rank() <= 5; }
// Extents as they lie in memory: [N,C/16,H,W,16] for c16, [N,H,W,C] for nhwc.
Extents stored_extents(const Extents& logical, Layout layout);
int64_t stored_bytes(const Extents& logical, Format format);

}  // namespace tenon
