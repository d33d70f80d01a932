// Half and bfloat16: storage types that convert to and from float with round-to-nearest-even.
#pragma once
#include <bit>
#include <cstdint>

namespace tenon {

// IEEE 754 binary16.
inline float half_to_float(uint16_t h) {
  uint32_t sign = uint32_t(h & 0x8000) << 16, magnitude = h & 0x7fff;
  if (magnitude >= 0x7c00) return std::bit_cast<float>(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  if (magnitude >= 0x0400) return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000));
  float subnormal = float(magnitude) * 0x1p-24f;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(subnormal) | sign);
}

inline uint16_t float_to_half(float f) {
  uint32_t bits = std::bit_cast<uint32_t>(f), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return uint16_t(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
  if (magnitude >= 0x477ff000) return uint16_t(sign | 0x7c00);  // rounds to 2^16 or beyond
  if (magnitude < 0x38800000) {                                 // subnormal: let the adder round at 2^-24
    float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return uint16_t(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000));
  }
  uint32_t odd = magnitude >> 13 & 1;
  return uint16_t(sign | ((magnitude + 0xfff + odd - 0x38000000) >> 13));
}

inline float bfloat16_to_float(uint16_t b) { return std::bit_cast<float>(uint32_t(b) << 16); }

inline uint16_t float_to_bfloat16(float f) {
  uint32_t bits = std::bit_cast<uint32_t>(f);
  if ((bits & 0x7fffffff) > 0x7f800000) return uint16_t(bits >> 16 | 0x40);
  return uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// Rounds a double once: rounding to float first could round twice.
float round_to_odd_float(double d);

struct Half {
  uint16_t bits = 0;
  Half() = default;
  explicit Half(float f) : bits(float_to_half(f)) {}
  explicit Half(double d) : bits(float_to_half(round_to_odd_float(d))) {}
  operator float() const { return half_to_float(bits); }
};

struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float f) : bits(float_to_bfloat16(f)) {}
  explicit BFloat16(double d) : bits(float_to_bfloat16(round_to_odd_float(d))) {}
  operator float() const { return bfloat16_to_float(bits); }
};

// Toward the float whose last bit is odd unless exact: keeps the sticky bit for a later, narrower rounding.
inline float round_to_odd_float(double d) {
  float f = float(d);
  if (double(f) == d || f != f) return f;
  uint32_t bits = std::bit_cast<uint32_t>(f);
  if (bits & 1) return f;
  bool above = (double(f) > d) == (f > 0 || (f == 0 && d > 0));  // |f| > |d|
  if (f == 0) return d > 0 ? 0x1p-149f : -0x1p-149f;
  return std::bit_cast<float>(above ? bits - 1 : bits + 1);
}

}  // namespace tenon
