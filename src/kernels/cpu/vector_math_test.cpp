// The accuracy that vector_math.h promises, over floats of every size, in every width that this machine has.
#include "kernels/cpu/vector_math.h"

#include <gtest/gtest.h>

#include <bit>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/pointwise_functions.h"

namespace tenon {
namespace {

double in_ulp(float found, double exact) {
  int exponent;
  std::frexp(float(exact), &exponent);
  return std::fabs(double(found) - exact) / std::ldexp(1.0, std::max(exponent, -125) - 24);
}

void expect_within(Opcode code, double (*exact)(double), double ulp) {
  decltype(&pointwise_function<4>) of_width[] = {pointwise_function<4>, pointwise_function<8>, pointwise_function<16>};
  float x[pointwise_group], y[pointwise_group];
  for (int width = 0; width <= int(isa()); ++width) {
    PointwiseFunction function = of_width[width](code, ElementType::f32, ElementType::f32);
    for (uint64_t next = 0; next < uint64_t(1) << 32;) {
      for (float& v : x) v = std::bit_cast<float>(uint32_t(next)), next += 50021;
      function({y, {x}, {1}, pointwise_group});
      for (int i = 0; i < pointwise_group; ++i) {
        float best = float(exact(double(x[i])));
        if (std::isnan(best)) ASSERT_TRUE(std::isnan(y[i])) << name_of(code) << " of " << x[i] << " is " << y[i];
        else if (std::isinf(best)) ASSERT_EQ(y[i], best) << name_of(code) << " of " << x[i];
        else ASSERT_LE(in_ulp(y[i], exact(double(x[i]))), ulp) << name_of(code) << " of " << x[i] << " is " << y[i];
      }
    }
  }
}

TEST(VectorMath, IsAsCloseAsItSays) {
  expect_within(Opcode::exp, std::exp, 1);  // subnormal results round twice
  expect_within(Opcode::log, std::log, 1);
  expect_within(Opcode::tanh, std::tanh, 2.5);
  expect_within(Opcode::erf, std::erf, 1.4);
  expect_within(Opcode::sin, std::sin, 1.6);
  expect_within(Opcode::cos, std::cos, 1.6);
  expect_within(Opcode::sqrt, std::sqrt, .5);
  expect_within(Opcode::floor, std::floor, 0);
  expect_within(Opcode::ceil, std::ceil, 0);
  expect_within(Opcode::round, std::nearbyint, 0);
}

}  // namespace
}  // namespace tenon
