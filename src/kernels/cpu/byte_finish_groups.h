// Groups of 64 bytes, as AVX-512 makes them: of one row, of two or of four.
#pragma once
#include "kernels/cpu/byte_finish.h"
#include "kernels/cpu/byte_vectors.h"

#ifdef __AVX512F__
namespace tenon {

// Quotients of four vectors as bytes, unless one is so near to a tie that only the definition can tell.
class GroupStore {
 public:
  template <class Finish>
  explicit GroupStore(const Finish& f)
      : limit_(_mm512_set1_ps(.5f - f.margin)),
        zero_(_mm512_set1_epi16(int16_t(f.zero))),
        low_(_mm512_set1_epi8(int8_t(int32_t(f.low) + f.zero))),
        high_(_mm512_set1_epi8(int8_t(int32_t(f.high) + f.zero))),
        is_signed_(f.is_signed) {}

  // Each row gets `vectors` of the quotients.
  template <int vectors>
  bool store(const __m512 (&quotients)[4], std::byte* to, int64_t step) const {
    constexpr int mode = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
    __m512i whole[4];
    __m512 off[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      off[i] = _mm512_reduce_ps(quotients[i], mode);
      whole[i] = _mm512_cvt_roundps_epi32(quotients[i], mode);
    }
    constexpr int larger_magnitude = 0b1011;
    __m512 farthest = _mm512_range_ps(_mm512_range_ps(off[0], off[1], larger_magnitude),
                                      _mm512_range_ps(off[2], off[3], larger_magnitude), larger_magnitude);
    if (_mm512_cmp_ps_mask(farthest, limit_, _CMP_GT_OQ)) return false;
    // What is beyond stays so: each step saturates.
    __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(whole[0], whole[1]), zero_);
    __m512i second = _mm512_adds_epi16(_mm512_packs_epi32(whole[2], whole[3]), zero_);
    __m512i bytes;
    if (is_signed_) {
      bytes = _mm512_min_epi8(_mm512_max_epi8(_mm512_packs_epi16(first, second), low_), high_);
    } else {
      bytes = _mm512_min_epu8(_mm512_max_epu8(_mm512_packus_epi16(first, second), low_), high_);
    }
    // Packing works by quarters of a vector: four bytes of each of the four, again and again.
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    bytes = _mm512_permutexvar_epi32(order, bytes);
    if constexpr (vectors == 4) _mm512_storeu_si512(to, bytes);
    if constexpr (vectors == 2) {
      _mm256_storeu_si256((__m256i*)to, _mm512_castsi512_si256(bytes));
      _mm256_storeu_si256((__m256i*)(to + step), _mm512_extracti64x4_epi64(bytes, 1));
    }
    if constexpr (vectors == 1) {
      _mm_storeu_si128((__m128i*)to, _mm512_castsi512_si128(bytes));
      _mm_storeu_si128((__m128i*)(to + step), _mm512_extracti32x4_epi32(bytes, 1));
      _mm_storeu_si128((__m128i*)(to + 2 * step), _mm512_extracti32x4_epi32(bytes, 2));
      _mm_storeu_si128((__m128i*)(to + 3 * step), _mm512_extracti32x4_epi32(bytes, 3));
    }
    return true;
  }

 private:
  __m512 limit_;
  __m512i zero_, low_, high_;
  bool is_signed_;
};

// `vectors` of columns of all rows; `one` computes 16 bytes by the definition where that must decide.
template <int vectors, class One>
inline void finish_group(const ByteFinish& f, int64_t c, Sums sums, int64_t rows, BytesOut to, One one) {
  constexpr int together = 4 / vectors;  // rows
  GroupStore out(f);
  __m512 factor[vectors], shift[vectors], q[4];
#pragma GCC unroll 4
  for (int i = 0; i < vectors; ++i) {
    factor[i] = _mm512_loadu_ps(f.near_factor + c + i * 16);
    shift[i] = _mm512_loadu_ps(f.near_shift + c + i * 16);
  }
  int64_t r = 0;
  for (; r + together <= rows; r += together) {
    const int32_t* from = sums.data + r * sums.step + c;
    std::byte* made = to.data + r * to.step + c;
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      __m512i sum = _mm512_loadu_si512(from + i / vectors * sums.step + i % vectors * 16);
      q[i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), factor[i % vectors], shift[i % vectors]);
    }
    if (out.store<vectors>(q, made, to.step)) continue;
    for (int i = 0; i < 4; ++i)
      one(c + i % vectors * 16, from + i / vectors * sums.step + i % vectors * 16,
          made + i / vectors * to.step + i % vectors * 16);
  }
  for (; r < rows; ++r)
    for (int i = 0; i < vectors; ++i)
      one(c + i * 16, sums.data + r * sums.step + c + i * 16, to.data + r * to.step + c + i * 16);
}

template <bool is_signed>
inline __m512 floats_of_bytes(const std::byte* p) {
  __m128i bytes = _mm_loadu_si128((const __m128i*)p);
  return _mm512_cvtepi32_ps(is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes));
}

template <int vectors, bool a_signed, bool b_signed, class One>
inline void add_group(const ByteAdd& f, int64_t c, Bytes a, Bytes b, int64_t rows, BytesOut to, One one) {
  constexpr int together = 4 / vectors;
  GroupStore out(f);
  __m512 q[4], a_near = _mm512_set1_ps(f.a_near), b_near = _mm512_set1_ps(f.b_near);
  __m512 shift = _mm512_set1_ps(f.near_shift);
  auto at = [&](int64_t step, int i) { return i / vectors * step + i % vectors * 16; };
  int64_t r = 0;
  for (; r + together <= rows; r += together) {
    const std::byte *left = a.data + r * a.step + c, *right = b.data + r * b.step + c;
    std::byte* made = to.data + r * to.step + c;
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      q[i] = _mm512_fmadd_ps(floats_of_bytes<b_signed>(right + at(b.step, i)), b_near, shift);
      q[i] = _mm512_fmadd_ps(floats_of_bytes<a_signed>(left + at(a.step, i)), a_near, q[i]);
    }
    if (out.store<vectors>(q, made, to.step)) continue;
    for (int i = 0; i < 4; ++i) one(left + at(a.step, i), right + at(b.step, i), made + at(to.step, i));
  }
  for (; r < rows; ++r)
    for (int i = 0; i < vectors; ++i)
      one(a.data + r * a.step + c + i * 16, b.data + r * b.step + c + i * 16, to.data + r * to.step + c + i * 16);
}

// visit.operator()<vectors>(c) for groups of columns as wide as they come; the first column that is in none.
template <class Visit>
inline int64_t for_groups(int64_t columns, Visit visit) {
  int64_t c = 0;
  for (; c + 64 <= columns; c += 64) visit.template operator()<4>(c);
  if (c + 32 <= columns) visit.template operator()<2>(c), c += 32;
  if (c + 16 <= columns) visit.template operator()<1>(c), c += 16;
  // The last group overlaps the one before: equal bytes twice.
  if (c < columns && columns >= 16) visit.template operator()<1>(columns - 16), c = columns;
  return c;
}

}  // namespace tenon
#endif
