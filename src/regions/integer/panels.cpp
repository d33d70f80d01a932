#include "regions/integer/panels.h"

#include <algorithm>

#include "kernels/cpu/isa.h"

namespace tenon {

std::span<const ByteKernel> byte_kernels() {
  static constexpr ByteKernel words[] = {ByteKernel::words}, bytes[] = {ByteKernel::bytes, ByteKernel::tiles};
  return has_vnni() ? std::span(bytes, has_amx() ? 2 : 1) : std::span(words);
}

double speedup(ByteKernel kernel) { return kernel == ByteKernel::tiles ? 16 : kernel == ByteKernel::bytes ? 4 : 1.5; }

BytePanels::BytePanels(const Integers& region, ByteKernel kernel, const Target& target)
    : kernel_(kernel),
      is_signed_(region.x->element() == ElementType::i8),
      flips_(kernel_ == ByteKernel::bytes && is_signed_),
      columns_(region.columns) {
  bool words = kernel_ == ByteKernel::words;
  std::vector<int32_t> w = region.weights(), bias = region.bias();
  used_ = int64_t(w.size()) / columns_;
  group_ = words ? word_group : byte_group;
  inner_ = align_up(used_, is_tiles() ? tile_inner : group_);
  width_ = byte_vectors * (words ? float_lanes() : 16);
  count_ = (columns_ + width_ - 1) / width_;
  if (!words && (region.least < -128 || region.most > 127)) shift_ = region.most - 127;
  pack(w, target);
  start_.assign(size_t(count_ * width_), 0);
  int64_t zero = region.zero + (flips_ ? 128 : 0);
  for (int64_t c = 0; c < columns_; ++c) {
    int64_t sum = 0;
    for (int64_t k = 0; k < used_; ++k) sum += w[size_t(k * columns_ + c)];
    start_[size_t(c)] = int32_t(uint32_t(bias[size_t(c)] - zero * sum));
  }
}

void BytePanels::pack(const std::vector<int32_t>& w, const Target& target) {
  View view;
  ElementType element = kernel_ == ByteKernel::words ? ElementType::i16 : ElementType::i8;
  packed_ = make_weights(target, element, {checked_mul(count_ * width_, inner_)}, view);
  for (int64_t k = 0; k < used_; ++k)
    for (int64_t c = 0; c < columns_; ++c) {
      int64_t at = ((c / width_ * (inner_ / group_) + k / group_) * width_ + c % width_) * group_ + k % group_;
      if (is_tiles()) at = place_in_tiles(k, c, inner_);
      int32_t number = w[size_t(k * columns_ + c)] - shift_;
      if (element == ElementType::i8) view.as<int8_t>()[at] = int8_t(number);
      else view.as<int16_t>()[at] = int16_t(number);
    }
}

void BytePanels::gather_any(const std::byte* from, int64_t count, std::byte* to) const {
  if (kernel_ == ByteKernel::words) {
    auto* widen = by_isa(widen_bytes<4>, widen_bytes<8>, widen_bytes<16>);
    return widen(from, count, is_signed_, reinterpret_cast<int16_t*>(to));
  }
  if (count >= 8) std::memcpy(to, from, size_t(count));
  else
    for (int64_t i = 0; i < count; ++i) to[i] = from[i];
}

void BytePanels::clear(std::byte* from, std::byte* to) const {
  if (from < to) std::memset(from, flips_ ? 0x80 : 0, size_t(to - from));
}

int32_t* BytePanels::row_start(const ByteRows& rows, int32_t* to) const {
  if (!shift_) return nullptr;
  int64_t unflipped = is_signed_ && !flips_ ? 128 * rows.taps * rows.inner : 0;
  for (int64_t r = 0; r < rows.count; ++r) {
    int64_t sum = (is_signed_ ? sum_i8 : sum_u8)(rows.rows + r * rows.taps, rows.taps, rows.inner) - unflipped;
    to[r] = int32_t(uint32_t(shift_ * sum));
  }
  return to;
}

void BytePanels::multiply(const ByteRows& rows, const int32_t* row_start, int64_t panel, int32_t* to) const {
  ByteProduct p{rows.rows, rows.count, rows.taps, rows.inner, packed_->data, start_.data(), row_start,
                panel,     panel + 1,  columns_,  to,         width_};
  switch (kernel_) {
    case ByteKernel::words: return by_isa(multiply_words<4>, multiply_words<8>, multiply_words<16>)(p);
    case ByteKernel::bytes: return (is_signed_ ? multiply_i8 : multiply_u8)(p);
    case ByteKernel::tiles: return (is_signed_ ? multiply_tiles_i8 : multiply_tiles_u8)(p);
  }
}

}  // namespace tenon
