// Products of bytes, depthwise rows and their way back to bytes, against plain loops on every width of this machine.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/checked.h"
#include "kernels/cpu/byte_depthwise.h"
#include "kernels/cpu/byte_finish.h"
#include "kernels/cpu/byte_product.h"
#include "kernels/cpu/isa.h"

namespace tenon {
namespace {

struct Shape {
  int64_t rows, taps, inner, columns;
};
constexpr Shape shapes[] = {{0, 1, 4, 5},   {1, 1, 0, 3},      {1, 1, 4, 1},     {7, 9, 12, 33},  {96, 1, 64, 64},
                            {5, 2, 8, 200}, {13, 1, 4608, 65}, {40, 1, 128, 97}, {33, 1, 64, 16}, {6, 25, 4, 16}};

// Elements and weights from -255 to 255, all alike at the extremes.
template <class T>
std::vector<T> numbers(int64_t count, int low, int high, int seed) {
  std::mt19937 random(uint32_t(seed) + 1);
  std::vector<T> list(static_cast<size_t>(count));
  for (T& x : list) x = T(seed == 0 ? low : seed == 1 ? high : low + int(random() % uint32_t(high - low + 1)));
  return list;
}

template <class X, class W>
void check_product(void (*multiply)(const ByteProduct&), int64_t width, int64_t group, const Shape& s, int low,
                   int high, int added, int seed, bool tiles = false) {
  auto x = numbers<X>((s.rows + 32) * s.taps * s.inner + 1, low, high, seed);  // tiles read more rows than there are
  int w_low = sizeof(W) == 1 ? -128 : -255, w_high = sizeof(W) == 1 ? 127 : 255;
  auto w = numbers<W>(s.taps * s.inner * s.columns, w_low, w_high, seed == 1 ? 0 : seed);
  int64_t panels = (s.columns + width - 1) / width;
  std::vector<W> packed(size_t(panels * s.taps * s.inner * width), 0);
  for (int64_t k = 0; k < s.taps * s.inner; ++k)
    for (int64_t c = 0; c < s.columns; ++c)
      packed[size_t(tiles ? place_in_tiles(k, c, s.inner)
                          : ((c / width * s.taps * s.inner / group + k / group) * width + c % width) * group +
                                k % group)] = w[size_t(k * s.columns + c)];
  auto start = numbers<int32_t>(panels * width, -1000, 1000, 7), row_start = numbers<int32_t>(s.rows, -99, 99, 8);
  std::vector<const void*> taps;
  for (int64_t i = 0; i < s.rows * s.taps; ++i) taps.push_back(x.data() + i * s.inner);
  int64_t first = panels > 1 ? 1 : 0, step = (panels - first) * width;
  std::vector<int32_t> y(size_t((s.rows + 32) * step));
  multiply({taps.data(), s.rows, s.taps, s.inner, packed.data(), start.data(), row_start.data(), first, panels,
            s.columns, y.data(), step});
  for (int64_t r = 0; r < s.rows; ++r)
    for (int64_t c = first * width; c < s.columns; ++c) {
      int64_t sum = start[size_t(c)] + row_start[size_t(r)];
      for (int64_t k = 0; k < s.taps * s.inner; ++k)
        sum += (x[size_t(r * s.taps * s.inner + k)] + added) * int64_t(w[size_t(k * s.columns + c)]);
      ASSERT_EQ(y[size_t(r * step + c - first * width)], sum) << "row " << r << ", column " << c;
    }
}

TEST(ByteProduct, IsExact) {
  void (*words[])(const ByteProduct&) = {multiply_words<4>, multiply_words<8>, multiply_words<16>};
  for (const Shape& s : shapes)
    for (int seed : {0, 1, 2}) {
      SCOPED_TRACE(concat(s.rows, " rows, ", s.taps, " taps, ", s.inner, " inner, ", s.columns, " columns"));
      for (int i = 0; i <= int(isa()); ++i)
        check_product<int16_t, int16_t>(words[i], byte_vectors * (4 << i), word_group, s, -128, 255, 0, seed);
      if (!has_vnni()) continue;
      check_product<uint8_t, int8_t>(multiply_u8, byte_vectors * 16, byte_group, s, 0, 255, 0, seed);
      check_product<int8_t, int8_t>(multiply_i8, byte_vectors * 16, byte_group, s, -128, 127, 128, seed);
      if (!has_amx() || s.taps > 1 || s.inner % tile_inner != 0) continue;
      check_product<uint8_t, int8_t>(multiply_tiles_u8, byte_vectors * 16, byte_group, s, 0, 255, 0, seed, true);
      check_product<int8_t, int8_t>(multiply_tiles_i8, byte_vectors * 16, byte_group, s, -128, 127, 0, seed, true);
    }
}

TEST(ByteProduct, SumsOfRows) {
  if (!has_vnni()) GTEST_SKIP() << "no VNNI";
  for (int64_t inner : {0, 1, 3, 63, 64, 65, 200}) {
    auto x = numbers<uint8_t>(inner * 2 + 1, 0, 255, 2);
    const void* taps[] = {x.data(), x.data() + inner};
    int32_t plain = 0, flipped = 0;
    for (int64_t i = 0; i < 2 * inner; ++i) plain += x[size_t(i)], flipped += int8_t(x[size_t(i)]) + 128;
    EXPECT_EQ(sum_u8(taps, 2, inner), plain);
    EXPECT_EQ(sum_i8(taps, 2, inner), flipped);
  }
}

void check_depthwise(void (*run)(const ByteDepthwise&), bool is_signed, int64_t channels, int64_t taps, int64_t stride,
                     int64_t dilation, int64_t pad, int64_t x_width) {
  auto x = numbers<uint8_t>(taps * x_width * channels, 0, 255, 2);
  auto w = numbers<int32_t>(taps * taps * channels, -255, 255, 3), start = numbers<int32_t>(channels, -9, 9, 4);
  std::vector<int32_t> low = w;
  for (int32_t& v : low) v &= 0xffff;
  int64_t y_width = std::max<int64_t>(0, (x_width + 2 * pad - (taps - 1) * dilation - 1) / stride + 1);
  for (bool padded : {false, true}) {
    std::vector<const std::byte*> rows;
    for (int64_t h = 0; h < taps; ++h)
      rows.push_back(padded && h == 0 ? nullptr : reinterpret_cast<std::byte*>(x.data()) + h * x_width * channels);
    std::vector<int32_t> y(size_t(y_width * channels));
    run({rows.data(), is_signed, 77, low.data(), start.data(), y.data(), channels, taps, taps, x_width, y_width, stride,
         dilation, pad});
    for (int64_t o = 0; o < y_width; ++o)
      for (int64_t c = 0; c < channels; ++c) {
        int64_t sum = start[size_t(c)];
        for (int64_t t = 0; t < taps * taps; ++t) {
          int64_t at = o * stride - pad + t % taps * dilation, v = 77;
          if (rows[size_t(t / taps)] && at >= 0 && at < x_width) {
            uint8_t byte = x[size_t((t / taps * x_width + at) * channels + c)];
            v = is_signed ? int8_t(byte) : byte;
          }
          sum += v * w[size_t(t * channels + c)];
        }
        ASSERT_EQ(y[size_t(o * channels + c)], sum) << "output " << o << ", channel " << c;
      }
  }
}

TEST(ByteDepthwise, IsExact) {
  void (*runs[])(const ByteDepthwise&) = {depthwise_bytes<4>, depthwise_bytes<8>, depthwise_bytes<16>,
                                          depthwise_bytes_vnni};
  for (int i = 0; i <= int(isa()) + has_vnni(); ++i)
    for (bool is_signed : {false, true})
      for (int64_t channels : {1, 3, 4, 9, 16, 40})
        for (int64_t taps : {1, 2, 3, 5})
          for (int64_t stride : {1, 2, 3})
            for (int64_t dilation : {1, 2})
              for (int64_t pad : {0, 1, 2})
                check_depthwise(runs[i], is_signed, channels, taps, stride, dilation, pad, 13);
}

// Sums at and beside ties of the quotient, and beyond the bounds.
TEST(ByteFinish, RoundsAsTheDefinition) {
  void (*runs[])(const ByteFinish&, Sums, int64_t, int64_t, BytesOut) = {finish_bytes<4>, finish_bytes<8>,
                                                                         finish_bytes<16>};
  for (float scale : {1.f, .37f, 2.f, 1e-3f})
    for (int64_t columns : {0, 1, 5, 16, 37, 64, 150, 32, 112}) {
      std::vector<float> factor, shift, near_factor, near_shift;
      auto sums = numbers<int32_t>(columns, -40000, 40000, 5);
      for (int64_t c = 0; c < columns; ++c) {
        factor.push_back(c % 3 ? .0125f * scale : scale / 2), shift.push_back(float(c - 9) * scale);
        near_factor.push_back(factor.back() / scale), near_shift.push_back(shift.back() / scale);
        if (c % 3 == 0) sums[size_t(c)] = int32_t(2 * c + 1);
      }
      for (bool near : {false, true})
        for (int i = 0; i <= int(isa()); ++i) {
          std::vector<std::byte> y(size_t(7 * columns) + 1, std::byte(0xee));
          runs[i]({factor.data(), shift.data(), near ? near_factor.data() : nullptr, near ? near_shift.data() : nullptr,
                   scale, -113, 142, 113, false, finish_margin(200)},
                  {sums.data(), 0}, 7, columns, {y.data(), columns});
          for (int64_t c = 0; c < columns; ++c) {
            float product = float(sums[size_t(c)]) * factor[size_t(c)], sum = product + shift[size_t(c)];
            float rounded = std::nearbyint(sum / scale);
            for (int64_t r = 0; r < 7; ++r)
              ASSERT_EQ(int(y[size_t(r * columns + c)]), int(std::min(std::max(rounded, -113.f), 142.f)) + 113)
                  << sums[size_t(c)] << " of column " << c << " by " << scale;
          }
          ASSERT_EQ(int(y.back()), 0xee);
        }
    }
}

// Every pair of bytes, with ties among the sums.
TEST(ByteFinish, AddsAsTheDefinition) {
  void (*runs[])(const ByteAdd&, Bytes, Bytes, int64_t, int64_t, BytesOut) = {add_bytes<4>, add_bytes<8>,
                                                                              add_bytes<16>};
  std::vector<std::byte> a, b, y(65536);
  for (int i = 0; i < 65536; ++i) a.push_back(std::byte(i % 256)), b.push_back(std::byte(i / 256));
  auto value = [](std::byte x, bool is_signed) { return is_signed ? int(int8_t(x)) : int(x); };
  for (float scale : {.5f, .0371f, .00003f})
    for (int kinds = 0; kinds < 8; ++kinds) {
      bool a_signed = kinds & 1, b_signed = kinds & 2, is_signed = kinds & 4;
      ByteAdd f{3,         -7,    .25f, .0191f, a_signed, b_signed, scale, -100, 90, is_signed ? 7 : 120,
                is_signed, false, 0,    0,      0,        0};
      if (kinds == 3) f.b_scale = .5f;
      f.set_near();
      for (int w = 0; w <= int(isa()); ++w)
        for (int64_t count : {65000, 37}) {
          runs[w](f, {a.data(), 1000}, {b.data(), 1000}, count == 37 ? 1 : 65, count == 37 ? 37 : 1000,
                  {y.data(), 1000});
          for (int64_t i = 0; i < count; ++i) {
            float left = float(value(a[size_t(i)], a_signed) - 3) * f.a_scale;
            float right = float(value(b[size_t(i)], b_signed) + 7) * f.b_scale, sum = left + right;
            float rounded = std::min(std::max(std::nearbyint(sum / scale), -100.f), 90.f);
            ASSERT_EQ(value(y[size_t(i)], is_signed), int(rounded) + f.zero) << i << " by " << scale;
          }
        }
    }
}

}  // namespace
}  // namespace tenon
