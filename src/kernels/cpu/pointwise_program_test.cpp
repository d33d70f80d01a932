// What compiling leaves of an expression: the cases beside the operators prove what it computes.
#include "kernels/cpu/pointwise_program.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tenon {
namespace {

using Known = std::vector<std::optional<Scalar>>;

TEST(PointwiseProgram, DropsWhatNobodyReads) {
  Expression e;
  Term x = input(e, 0, ElementType::f32);
  exp(x);
  Term y = x * 2;
  log(y);
  e.result = y.index;
  EXPECT_EQ(compile_pointwise(e, Known(1)).calls, 1);
}

TEST(PointwiseProgram, FoldsWhatIsKnown) {
  Expression e;
  Term x = input(e, 0, ElementType::f32), k = cast(input(e, 1, ElementType::f16), ElementType::f32);
  e.result = (x + exp(k) * 2).index;
  Scalar three{};
  three.f = 3;
  PointwiseProgram program = compile_pointwise(e, Known{std::nullopt, three});
  EXPECT_EQ(program.calls, 1);
  EXPECT_EQ(program.constants.size(), 1u);
  EXPECT_EQ(load_scalar(program.constants[0].bytes, ElementType::f32).f, double(2 * float(std::exp(3.0))));
}

TEST(PointwiseProgram, UsesRegistersAgain) {
  Expression e;
  Term x = input(e, 0, ElementType::f32), y = x;
  for (int i = 0; i < 40; ++i) y = y + exp(y);
  e.result = y.index;
  EXPECT_LE(compile_pointwise(e, Known(1)).registers, 3);
}

TEST(PointwiseProgram, CopiesAnInputAndANumber) {
  Expression e;
  e.result = input(e, 0, ElementType::i16).index;
  EXPECT_EQ(compile_pointwise(e, Known(1)).calls, 1);
  EXPECT_EQ(compile_pointwise(e, Known{Scalar{}}).calls, 1);
}

}  // namespace
}  // namespace tenon
