// Products of bytes with VNNI: four a lane in one instruction, without saturation.
#include "kernels/cpu/byte_product_body.h"

namespace tenon {

namespace {

constexpr int lanes = 16;
constexpr int32_t sign_bits = int32_t(0x80808080);  // flipped, an i8 is a u8 that is 128 larger

template <int32_t flips>
struct ByteStep {
  static constexpr int64_t element_bytes = 1;
  static Ints<lanes> spread(int32_t group) { return (Ints<lanes>)_mm512_set1_epi32(group ^ flips); }
  static Ints<lanes> add(Ints<lanes> sum, Ints<lanes> a, Ints<lanes> w) {
    return (Ints<lanes>)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)w);
  }
};

template <int32_t flips>
int32_t sum_of(const void* const* taps, int64_t count, int64_t inner) {
  __m512i sum = _mm512_setzero_si512(), ones = _mm512_set1_epi8(1), flip = _mm512_set1_epi32(flips);
  for (int64_t t = 0; t < count; ++t) {
    const auto* from = static_cast<const std::byte*>(taps[t]);
    int64_t k = 0;
    for (; k + 64 <= inner; k += 64)
      sum = _mm512_dpbusd_epi32(sum, _mm512_xor_si512(_mm512_loadu_si512(from + k), flip), ones);
    if (k == inner) continue;
    __mmask64 rest = (uint64_t(1) << (inner - k)) - 1;
    __m512i last = _mm512_maskz_loadu_epi8(rest, from + k);
    sum = _mm512_dpbusd_epi32(sum, _mm512_maskz_mov_epi8(rest, _mm512_xor_si512(last, flip)), ones);
  }
  return _mm512_reduce_add_epi32(sum);
}

}  // namespace

void multiply_u8(const ByteProduct& p) { multiply_byte_panels<lanes, ByteStep<0>>(p); }
void multiply_i8(const ByteProduct& p) { multiply_byte_panels<lanes, ByteStep<sign_bits>>(p); }
int32_t sum_u8(const void* const* taps, int64_t count, int64_t inner) { return sum_of<0>(taps, count, inner); }
int32_t sum_i8(const void* const* taps, int64_t count, int64_t inner) { return sum_of<sign_bits>(taps, count, inner); }

}  // namespace tenon
