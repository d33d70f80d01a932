// Layouts change by strided moves, f32 and half types into each other in one dense sweep; both in turn where both do.
#include "regions/reformat/reformat.h"

#include "kernels/cpu/convert_floats.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/strided_move.h"
#include "kernels/cpu/transpose_tiles.h"
#include "regions/reformat/walking_reformat.h"

namespace tenon {

namespace {

constexpr int64_t block = 16;

// Axes of any layout: images, whole blocks of channels, channels of a block, positions of the map.
Extents strides_of(const Extents& logical, Layout layout) {
  int64_t channels = logical[1], plane = logical.count_between(2, logical.rank);
  if (layout == Layout::plain) return {channels * plane, block * plane, plane, 1};
  if (layout == Layout::nhwc) return {channels * plane, block, 1, channels};
  return {(channels + block - 1) / block * block * plane, block * plane, 1, block};
}

void change_layout(const Extents& logical, ElementType element, Layout from, Layout to, const void* x, void* y,
                   Workers& workers) {
  int64_t bytes = size_bytes(element);
  if (from == to) {
    int64_t count = stored_extents(logical, from).count();
    return strided_move({{count}, {1}, {1}}, bytes, x, y, workers);
  }
  int64_t whole = logical[1] / block, tail = logical[1] % block;
  int64_t plane = logical.count_between(2, logical.rank);
  Extents steps = strides_of(logical, from), made = strides_of(logical, to);
  strided_move({{logical[0], whole, block, plane}, steps, made}, bytes, x, y, workers);
  if (tail == 0) return;
  auto* source = static_cast<const std::byte*>(x) + whole * steps[1] * bytes;
  auto* target = static_cast<std::byte*>(y) + whole * made[1] * bytes;
  if (from == Layout::plain && to == Layout::c16) {
    constexpr int64_t piece = 1024;
    int64_t pieces = (plane + piece - 1) / piece;
    workers.run(logical[0] * pieces, [&](int64_t task) {
      int64_t image = task / pieces, first = task % pieces * piece;
      transpose_tiles_of(bytes)({source + (image * steps[0] + first) * bytes,
                                 target + (image * made[0] + first * block) * bytes, tail,
                                 std::min(piece, plane - first), plane * bytes, block * bytes, block - tail});
    });
    return;
  }
  strided_move({{logical[0], tail, plane}, {steps[0], steps[2], steps[3]}, {made[0], made[2], made[3]}}, bytes, source,
               target, workers);
  if (to != Layout::c16) return;
  static constexpr uint64_t zero = 0;
  strided_move({{logical[0], plane, block - tail}, {0, 0, 0}, {made[0], block, 1}}, bytes, &zero, target + tail * bytes,
               workers);
}

class LayoutReformat final : public Kernel {
 public:
  LayoutReformat(Layout from, Layout to) : from_(from), to_(to) {}
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    change_layout(x.extents, x.element, from_, to_, x.data, call.out[0].data, call.workers);
  }

 private:
  Layout from_, to_;
};

using Converter = void (*)(const void* x, void* y, int64_t count);

Converter converter(ElementType from, ElementType to) {
  constexpr ElementType f32 = ElementType::f32, f16 = ElementType::f16, bf16 = ElementType::bf16;
  if (from == f16 && to == f32) return by_isa(widen_halves<4>, widen_halves<8>, widen_halves<16>);
  if (from == f32 && to == f16) return by_isa(narrow_to_halves<4>, narrow_to_halves<8>, narrow_to_halves<16>);
  if (from == bf16 && to == f32) return by_isa(widen_bfloats<4>, widen_bfloats<8>, widen_bfloats<16>);
  if (from == f32 && to == bf16) return by_isa(narrow_to_bfloats<4>, narrow_to_bfloats<8>, narrow_to_bfloats<16>);
  return nullptr;
}

// Elements change where fewer bytes move: before the layout when they shrink, after it when they grow.
class ConvertingReformat final : public Kernel {
 public:
  ConvertingReformat(Format from, Format to) : from_(from), to_(to) {}

  int64_t scratch_bytes(ConstViews in, Views) const override {
    return from_.layout == to_.layout ? 0 : stored_bytes(in[0].extents, between());
  }
  void run(const Call& call) const override {
    const Extents& extents = call.in[0].extents;
    bool first = narrows(), moves = from_.layout != to_.layout;
    const void* x = call.in[0].data;
    void* y = call.out[0].data;
    if (moves && !first) {
      change_layout(extents, from_.element, from_.layout, to_.layout, x, call.scratch, call.workers);
      x = call.scratch;
    }
    convert(stored_extents(extents, moves && !first ? to_.layout : from_.layout).count(), x,
            moves && first ? call.scratch : y, call.workers);
    if (moves && first) change_layout(extents, to_.element, from_.layout, to_.layout, call.scratch, y, call.workers);
  }

 private:
  bool narrows() const { return size_bytes(to_.element) < size_bytes(from_.element); }
  Format between() const { return narrows() ? Format{to_.element, from_.layout} : Format{from_.element, to_.layout}; }
  void convert(int64_t count, const void* x, void* y, Workers& workers) const {
    constexpr int64_t piece = 16 << 10;
    Converter convert = converter(from_.element, to_.element);
    workers.run((count + piece - 1) / piece, [&](int64_t i) {
      int64_t first = i * piece;
      convert(static_cast<const std::byte*>(x) + first * size_bytes(from_.element),
              static_cast<std::byte*>(y) + first * size_bytes(to_.element), std::min(piece, count - first));
    });
  }
  Format from_, to_;
};

}  // namespace

std::unique_ptr<Kernel> prepare_reformat(const Target& target, const TensorType& type, Format from, Format to) {
  if (from.space == Space::device || to.space == Space::device) return prepare_device_reformat(target, type, from, to);
  bool converts = from.element != to.element;
  check(!converts || (float_types.contains(from.element) && float_types.contains(to.element)), ErrorId::internal,
        "no reformat of ", type, " from ", from, " to ", to);
  check((from.layout == Layout::plain && to.layout == Layout::plain) || has_channels(type), ErrorId::internal,
        "no layouts for ", type);
  if (!converts) return std::make_unique<LayoutReformat>(from.layout, to.layout);
  if (converter(from.element, to.element)) return std::make_unique<ConvertingReformat>(from, to);
  return walking_reformat(from, to);
}

}  // namespace tenon
