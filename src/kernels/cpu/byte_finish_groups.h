// Groups of 64 bytes, as AVX-512 makes them.
#pragma once
#include "kernels/cpu/byte_finish.h"
#include "kernels/cpu/byte_vectors.h"

#ifdef __AVX512F__
namespace tenon {

constexpr int64_t byte_group_columns = 64;

// Quotients of four vectors as bytes, unless one is so near to a tie that only the definition can tell.
class GroupStore {
 public:
  GroupStore(float low, float high, int32_t zero, bool is_signed)
      : low_(_mm512_set1_ps(low)), high_(_mm512_set1_ps(high)), zero_(_mm512_set1_epi16(int16_t(zero))),
        is_signed_(is_signed) {}

  bool store(const __m512 (&quotients)[4], void* to) const {
    const __m512 limit = _mm512_set1_ps(.5f - near_margin);
    __m512i whole[4];
    __mmask16 near = 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      __m512 q = _mm512_min_ps(_mm512_max_ps(quotients[i], low_), high_);
      __m512 off = _mm512_reduce_ps(q, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
      near |= _mm512_cmp_ps_mask(_mm512_abs_ps(off), limit, _CMP_GT_OQ);
      whole[i] = _mm512_cvt_roundps_epi32(q, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
    if (near) return false;
    __m512i first = _mm512_add_epi16(_mm512_packs_epi32(whole[0], whole[1]), zero_);
    __m512i second = _mm512_add_epi16(_mm512_packs_epi32(whole[2], whole[3]), zero_);
    __m512i bytes = is_signed_ ? _mm512_packs_epi16(first, second) : _mm512_packus_epi16(first, second);
    // Packing works by quarters of a vector: four bytes of each of the four, again and again.
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_storeu_si512(to, _mm512_permutexvar_epi32(order, bytes));
    return true;
  }

 private:
  __m512 low_, high_;
  __m512i zero_;
  bool is_signed_;
};

// Four vectors of columns of all rows; `one` computes 16 bytes by the definition where that must decide.
template <class One>
inline void finish_group(const ByteFinish& f, int64_t c, Sums sums, int64_t rows, BytesOut to, One one) {
  GroupStore out(f.low, f.high, f.zero, f.is_signed);
  __m512 factor[4], shift[4], q[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    factor[i] = _mm512_loadu_ps(f.near_factor + c + i * 16);
    shift[i] = _mm512_loadu_ps(f.near_shift + c + i * 16);
  }
  for (int64_t r = 0; r < rows; ++r) {
    const int32_t* from = sums.data + r * sums.step + c;
    std::byte* made = to.data + r * to.step + c;
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i)
      q[i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_loadu_si512(from + i * 16)), factor[i], shift[i]);
    if (!out.store(q, made))
      for (int64_t i = 0; i < byte_group_columns; i += 16) one(c + i, from + i, made + i);
  }
}

template <bool is_signed>
inline __m512 floats_of_bytes(const std::byte* p) {
  __m128i bytes = _mm_loadu_si128((const __m128i*)p);
  return _mm512_cvtepi32_ps(is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes));
}

template <bool a_signed, bool b_signed, class One>
inline void add_group(const ByteAdd& f, int64_t c, Bytes a, Bytes b, int64_t rows, BytesOut to, One one) {
  GroupStore out(f.low, f.high, f.zero, f.is_signed);
  __m512 q[4], a_near = _mm512_set1_ps(f.a_near), b_near = _mm512_set1_ps(f.b_near);
  __m512 shift = _mm512_set1_ps(-float(f.a_zero) * f.a_near - float(f.b_zero) * f.b_near);
  for (int64_t r = 0; r < rows; ++r) {
    const std::byte *left = a.data + r * a.step + c, *right = b.data + r * b.step + c;
    std::byte* made = to.data + r * to.step + c;
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      q[i] = _mm512_fmadd_ps(floats_of_bytes<b_signed>(right + i * 16), b_near, shift);
      q[i] = _mm512_fmadd_ps(floats_of_bytes<a_signed>(left + i * 16), a_near, q[i]);
    }
    if (!out.store(q, made))
      for (int64_t i = 0; i < byte_group_columns; i += 16) one(left + i, right + i, made + i);
  }
}

}  // namespace tenon
#endif
