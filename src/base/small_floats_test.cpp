// Every code of every small type; what lies on, beside and beyond their steps; and how they are packed.
#include "base/small_floats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/expression.h"
#include "base/packed.h"

namespace tenon {
namespace {

using E = ElementType;
constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

struct Facts {  // from the definitions' tables
  double largest, least, least_normal;
  int codes;  // of positive finite numbers and 0, in order from code 0
  E type;
  bool has_infinity, has_nan, has_negative_zero;
};
constexpr Facts all_facts[] = {{448, 0x1p-9, 0x1p-6, 127, E::f8e4m3fn, false, true, true},
                               {240, 0x1p-10, 0x1p-7, 128, E::f8e4m3fnuz, false, true, false},
                               {57344, 0x1p-16, 0x1p-14, 124, E::f8e5m2, true, true, true},
                               {57344, 0x1p-17, 0x1p-15, 128, E::f8e5m2fnuz, false, true, false},
                               {6, 0.5, 1, 8, E::f4e2m1, false, false, true}};

uint8_t sign_of(const Facts& f) { return f.type == E::f4e2m1 ? 8 : 128; }
uint8_t code_of(const Facts& f, double x, bool saturate = true) {
  return small_float_code(f.type, x, {.saturate = saturate});
}
bool is_nan_code(E type, uint8_t code) { return std::isnan(small_float_value(type, code)); }

TEST(SmallFloats, have_the_numbers_of_their_definitions) {
  for (const Facts& f : all_facts) {
    SCOPED_TRACE(name_of(f.type));
    EXPECT_EQ(small_float_value(f.type, 0), 0);
    EXPECT_EQ(small_float_value(f.type, 1), f.least);
    EXPECT_EQ(small_float_value(f.type, uint8_t(f.codes - 1)), f.largest);
    EXPECT_EQ(small_float_value(f.type, uint8_t(std::lround(f.least_normal / f.least))), f.least_normal);
    for (int code = 1; code < f.codes; ++code) {
      double x = small_float_value(f.type, uint8_t(code)), before = small_float_value(f.type, uint8_t(code - 1));
      EXPECT_LT(before, x) << code;
      EXPECT_EQ(small_float_value(f.type, uint8_t(code | sign_of(f))), -x) << code;
      if (x > f.least_normal) EXPECT_LE(x - before, x * f.least / f.least_normal) << code;
      else EXPECT_EQ(x - before, f.least) << code;
    }
    EXPECT_EQ(is_nan_code(f.type, sign_of(f)), !f.has_negative_zero);
    EXPECT_EQ(std::signbit(small_float_value(f.type, sign_of(f))), f.has_negative_zero);
  }
}

TEST(SmallFloats, codes_beyond_the_largest) {
  EXPECT_TRUE(is_nan_code(E::f8e4m3fn, 0x7f) && is_nan_code(E::f8e4m3fn, 0xff));
  EXPECT_EQ(small_float_value(E::f8e5m2, 0x7c), infinity);
  EXPECT_EQ(small_float_value(E::f8e5m2, 0xfc), -infinity);
  for (uint8_t code : {0x7d, 0x7e, 0x7f, 0xfd, 0xfe, 0xff}) EXPECT_TRUE(is_nan_code(E::f8e5m2, code));
  for (int code = 0; code < 256; ++code)  // the upper bits of a byte are not the element's
    EXPECT_EQ(to_text(small_float_value(E::f4e2m1, uint8_t(code))),
              to_text(small_float_value(E::f4e2m1, uint8_t(code & 15))));
}

TEST(SmallFloats, every_code_comes_back_from_its_number) {
  for (const Facts& f : all_facts)
    for (int code = 0; code < 2 * int(sign_of(f)); ++code)
      for (bool saturate : {false, true}) {
        double x = small_float_value(f.type, uint8_t(code));
        uint8_t back = code_of(f, double(float(x)), saturate);
        if (std::isnan(x)) EXPECT_TRUE(is_nan_code(f.type, back) && (back & 128) == (code & 128)) << code;
        else if (!std::isinf(x)) EXPECT_EQ(back, code) << name_of(f.type);
        else EXPECT_EQ(back, saturate ? code - 1 : code) << name_of(f.type);
      }
}

TEST(SmallFloats, ties_go_to_even_and_their_neighbours_do_not) {
  for (const Facts& f : all_facts)
    for (int code = 0; code + 1 < f.codes; ++code)
      for (int sign : {0, int(sign_of(f))}) {
        double a = small_float_value(f.type, uint8_t(code)), b = small_float_value(f.type, uint8_t(code + 1));
        double middle = (a + b) / 2, side = sign ? -1 : 1;
        auto expected = [&](int magnitude) { return magnitude == 0 && !f.has_negative_zero ? 0 : magnitude | sign; };
        SCOPED_TRACE(concat(f.type, " ", middle * side));
        EXPECT_EQ(code_of(f, middle * side), expected(code + code % 2));
        EXPECT_EQ(code_of(f, std::nextafter(middle, 0) * side), expected(code));
        EXPECT_EQ(code_of(f, std::nextafter(middle, infinity) * side), expected(code + 1));
        EXPECT_EQ(code_of(f, double(std::nextafterf(float(middle), 0)) * side), expected(code));
        EXPECT_EQ(code_of(f, double(std::nextafterf(float(middle), INFINITY)) * side), expected(code + 1));
      }
}

TEST(SmallFloats, beyond_the_range) {
  for (const Facts& f : all_facts) {
    SCOPED_TRACE(name_of(f.type));
    double step = f.largest - small_float_value(f.type, uint8_t(f.codes - 2)), tie = f.largest + step / 2;
    bool largest_is_even = f.codes % 2;  // code f.codes - 1
    for (int sign : {0, int(sign_of(f))}) {
      double side = sign ? -1 : 1;
      int largest = (f.codes - 1) | sign;
      EXPECT_EQ(code_of(f, std::nextafter(tie, 0) * side, false), largest);
      EXPECT_EQ(code_of(f, tie * side, false) == largest, largest_is_even || !f.has_nan);
      for (double x : {std::nextafter(tie, infinity), f.largest * 2, 1e300, infinity}) {
        EXPECT_EQ(code_of(f, x * side), largest) << x;
        uint8_t code = code_of(f, x * side, false);
        double value = small_float_value(f.type, code);
        if (f.has_infinity) EXPECT_EQ(value, infinity * side);
        else if (f.has_nan) EXPECT_TRUE(std::isnan(value) && (!f.has_negative_zero || (code & 128) == sign));
        else EXPECT_EQ(code, largest);
      }
      EXPECT_EQ(code_of(f, f.least / 2 * side), f.has_negative_zero ? sign : 0);
      EXPECT_EQ(code_of(f, 1e-300 * side), f.has_negative_zero ? sign : 0);
      for (bool saturate : {true, false}) {
        uint8_t code = code_of(f, std::copysign(nan, side), saturate);
        EXPECT_EQ(is_nan_code(f.type, code), f.has_nan);
        EXPECT_EQ(code & sign_of(f), f.has_negative_zero && f.has_nan ? sign : sign_of(f));
      }
    }
  }
  EXPECT_EQ(small_float_code(E::f4e2m1, nan), 8);
}

TEST(PowersOfTwo, every_code_comes_back) {
  for (int code = 0; code < 255; ++code) {
    double x = std::ldexp(1, code - 127);
    EXPECT_EQ(small_float_value(E::f8e8m0, uint8_t(code)), x);
    for (PowerRound round : {PowerRound::up, PowerRound::down, PowerRound::nearest})
      for (bool saturate : {true, false}) {
        auto coded = [&](double y) { return small_float_code(E::f8e8m0, y, {saturate, round}); };
        EXPECT_EQ(coded(x), code);
        if (code == 254) continue;
        bool up = round == PowerRound::up, nearest = round == PowerRound::nearest;
        EXPECT_EQ(coded(std::nextafter(x, infinity)), code + up);
        EXPECT_EQ(coded(std::nextafter(1.5 * x, 0)), code + up);
        EXPECT_EQ(coded(1.5 * x), code + (up || nearest));
        EXPECT_EQ(coded(std::nextafter(2 * x, 0)), code + (up || nearest));
      }
  }
  EXPECT_TRUE(is_nan_code(E::f8e8m0, 255));
}

TEST(PowersOfTwo, beyond_the_range) {
  for (PowerRound round : {PowerRound::up, PowerRound::down, PowerRound::nearest}) {
    auto coded = [&](double x, bool saturate) { return small_float_code(E::f8e8m0, x, {saturate, round}); };
    for (double x : {0x1p128, 1e300, infinity}) {
      EXPECT_EQ(coded(x, true), 254);
      EXPECT_EQ(coded(x, false), 255);
    }
    for (double x : {0., -0., 0x1p-129, 1e-300}) {
      EXPECT_EQ(coded(x, true), 0);
      EXPECT_EQ(coded(x, false), 255);
    }
    EXPECT_EQ(coded(0x1.8p-128, false), round == PowerRound::down ? 255 : 0);
    EXPECT_EQ(coded(0x1.8p127, false), round == PowerRound::down ? 254 : 255);
    for (double x : {-1., -1e-300, -infinity, nan}) EXPECT_EQ(coded(x, true) & coded(x, false), 255);
  }
}

Scalar whole(int64_t i) {
  Scalar s{};
  s.i = i;
  return s;
}

TEST(SmallFloats, integers_round_once) {
  auto power = [](int64_t i, E from, Narrow narrow) { return cast_scalar(whole(i), from, E::f8e8m0, narrow).f; };
  EXPECT_EQ(power((int64_t(1) << 62) + 1, E::i64, {}), 0x1p63);
  EXPECT_EQ(power((int64_t(1) << 62) + 1, E::i64, {.round = PowerRound::down}), 0x1p62);
  EXPECT_EQ(power((int64_t(3) << 61) - 1, E::i64, {.round = PowerRound::nearest}), 0x1p62);
  EXPECT_EQ(power(int64_t(3) << 61, E::i64, {.round = PowerRound::nearest}), 0x1p63);
  EXPECT_EQ(power(-1, E::u64, {}), 0x1p64);
  EXPECT_EQ(power(-1, E::u64, {.round = PowerRound::down}), 0x1p63);
  EXPECT_TRUE(std::isnan(power(-1, E::i64, {})));
  EXPECT_EQ(cast_scalar(whole(17), E::i32, E::f8e4m3fn).f, 16);
  EXPECT_EQ(cast_scalar(whole(-19), E::i32, E::f8e4m3fn).f, -20);
  EXPECT_EQ(cast_scalar(whole(INT64_MIN), E::i64, E::f8e5m2).f, -57344);
  EXPECT_EQ(cast_scalar(whole(INT64_MIN), E::i64, E::f8e5m2, {.saturate = false}).f, -infinity);
}

TEST(SmallIntegers, every_byte_is_read_by_its_low_bits_and_stored_with_its_sign) {
  for (int byte = 0; byte < 256; ++byte) {
    auto b = uint8_t(byte);
    EXPECT_EQ(load_scalar(&b, E::i4).i, (byte & 15) - 2 * (byte & 8));
    EXPECT_EQ(load_scalar(&b, E::u4).u, uint64_t(byte & 15));
    EXPECT_EQ(load_scalar(&b, E::i2).i, (byte & 3) - 2 * (byte & 2));
    EXPECT_EQ(load_scalar(&b, E::u2).u, uint64_t(byte & 3));
    for (E type : {E::i4, E::u4, E::i2, E::u2, E::f4e2m1}) {
      uint8_t stored = 0, settled = b;
      store_scalar(&stored, type, load_scalar(&b, type));
      settle_upper_bits(type, {reinterpret_cast<std::byte*>(&settled), 1});
      EXPECT_EQ(stored, settled) << name_of(type);
      if (small_signed_types.contains(type)) EXPECT_EQ(int64_t(int8_t(stored)), load_scalar(&b, type).i);
      else EXPECT_LT(stored, 1 << bits_of(type));
    }
  }
}

TEST(SmallIntegers, wider_ones_wrap) {
  for (int64_t i = -300; i <= 300; ++i) {
    EXPECT_EQ(cast_scalar(whole(i), E::i32, E::i4).i, ((i + 8) & 15) - 8);
    EXPECT_EQ(cast_scalar(whole(i), E::i32, E::u4).i, i & 15);
    EXPECT_EQ(cast_scalar(whole(i), E::i32, E::i2).i, ((i + 2) & 3) - 2);
    EXPECT_EQ(cast_scalar(whole(i), E::i32, E::u2).i, i & 3);
    Scalar x{};
    x.f = double(i) + (i < 0 ? -.75 : .75);
    EXPECT_EQ(cast_scalar(x, E::f32, E::i4).i, ((i + 8) & 15) - 8) << "truncates, then wraps";
  }
}

TEST(PackedElements, come_back_whatever_their_number) {
  for (E type : {E::i4, E::u4, E::f4e2m1, E::i2, E::u2})
    for (size_t count = 0; count < 20; ++count) {
      std::vector<std::byte> elements(count), back(count, std::byte(0xee));
      for (size_t i = 0; i < count; ++i) elements[i] = std::byte(i * 7 + 3);
      settle_upper_bits(type, elements);
      std::vector<std::byte> packed(size_t(packed_bytes(type, int64_t(count))), std::byte(0xee));
      EXPECT_EQ(packed.size(), (count * size_t(bits_of(type)) + 7) / 8);
      pack_elements(type, elements, packed);
      unpack_elements(type, packed, back);
      EXPECT_EQ(back, elements);
    }
  EXPECT_EQ(packed_bytes(E::f8e8m0, 3), 3);
  EXPECT_EQ(packed_bytes(E::i64, 3), 24);
}

TEST(PackedElements, the_first_lies_lowest_and_the_rest_of_the_last_byte_is_0) {
  std::byte four[] = {std::byte(1), std::byte(0xff), std::byte(0xf8)}, two[2] = {};
  pack_elements(E::i4, four, two);
  EXPECT_EQ(two[0], std::byte(0xf1));
  EXPECT_EQ(two[1], std::byte(0x08));
  std::byte pairs[] = {std::byte(1), std::byte(2), std::byte(3), std::byte(0), std::byte(2)};
  pack_elements(E::u2, pairs, two);
  EXPECT_EQ(two[0], std::byte(0b00'11'10'01));
  EXPECT_EQ(two[1], std::byte(2));
}

}  // namespace
}  // namespace tenon
