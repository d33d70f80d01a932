#include "plan/narrow_filter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/half.h"

namespace tenon {
namespace {

double value_of(uint16_t bits, ElementType half) {
  return half == ElementType::f16 ? half_to_float(bits) : bfloat16_to_float(bits);
}

TEST(NarrowFilter, every_weight_goes_to_a_neighbour_and_every_sum_stays) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (ElementType half : {ElementType::f16, ElementType::bf16})
    for (bool columns : {false, true}) {
      int64_t rows = 7, length = 331;
      std::vector<float> x(size_t(rows * length));
      for (float& v : x) v = normal(random);
      Extents extents = columns ? Extents{length, rows} : Extents{rows, length};
      Weights weights = make_weights(ElementType::f32, extents, x);
      Sums sums = columns ? Sums{rows, length, 1, rows} : Sums{rows, length, length, 1};
      Weights made = round_keeping_sums(*weights, sums, half);
      const auto* y = reinterpret_cast<const uint16_t*>(made->data);
      double ulp = half == ElementType::f16 ? 0x1p-10 : 0x1p-7;
      for (int64_t r = 0; r < rows; ++r) {
        double total = 0;
        for (int64_t k = 0; k < length; ++k) {
          auto i = size_t(r * sums.row_stride + k * sums.stride);
          double error = value_of(y[i], half) - double(x[i]);
          EXPECT_LE(std::abs(error), std::max(0x1p-24, ulp * std::exp2(std::floor(std::log2(std::abs(x[i])))))) << x[i];
          total += error;
        }
        EXPECT_LT(std::abs(total), ulp) << "row " << r;  // to nearest it would be some 5 ulp
      }
    }
}

TEST(NarrowFilter, what_has_no_finite_half_is_rounded_to_nearest) {
  float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> x{1e6F, 1.0004F, -infinity, 1.0004F, std::nanf(""), 1.0004F};
  Weights made = round_keeping_sums(*make_weights(ElementType::f32, {3, 2}, x), {3, 2, 2, 1}, ElementType::f16);
  const auto* y = reinterpret_cast<const uint16_t*>(made->data);
  for (size_t i = 0; i < 6; i += 2) EXPECT_EQ(y[i], float_to_half(x[i]));
  for (size_t i = 1; i < 6; i += 2) EXPECT_EQ(half_to_float(y[i]), 1.F);
}

TEST(NarrowFilter, exact_values_zeros_and_the_largest_half_stay) {
  std::vector<float> x{0.F, -0.F, 1.F, 65504.F, -65504.F, 0x1p-24F};
  Weights made = round_keeping_sums(*make_weights(ElementType::f32, {1, 6}, x), {1, 6, 6, 1}, ElementType::f16);
  for (size_t i = 0; i < 6; ++i)
    EXPECT_EQ(reinterpret_cast<const uint16_t*>(made->data)[i], float_to_half(x[i])) << x[i];
}

}  // namespace
}  // namespace tenon
