// Generated kernels compile for every architecture we build for, with or without a GPU.
#include <gtest/gtest.h>

#include "base/error.h"
#include "kernels/cuda/pool.h"
#include "kernels/cuda/rows.h"
#include "kernels/cuda/split.h"
#include "kernels/cuda/strided.h"
#ifdef TENON_CUDA
#include "devices/cuda/module.h"

namespace tenon::cuda {
namespace {

constexpr const char* architectures[] = {"sm_80", "sm_90", "sm_100"};

class CudaSources : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::string why = why_no_nvrtc(); !why.empty()) GTEST_SKIP() << "NVRTC is not there: " << why;
  }
  static void expect_compiles(const std::string& source) {
    for (const char* arch : architectures)
      EXPECT_NO_THROW(EXPECT_FALSE(compile_cuda(source, arch).empty())) << source << arch;
  }
};

Expression gelu_of_a_sum() {
  Expression e;
  Term x = input(e, 0, ElementType::f32), y = input(e, 1, ElementType::f32), s = x + y;
  e.result = (s * .5 * (erf(s * .70710678) + 1)).index;
  return e;
}

TEST_F(CudaSources, pointwise_kernels_compile_for_every_pair_of_stored_types) {
  for (ElementType stored : {ElementType::f32, ElementType::f16, ElementType::bf16}) {
    ElementType both[] = {stored, ElementType::f32};
    expect_compiles(strided_source(gelu_of_a_sum(), both, stored));
  }
}

TEST_F(CudaSources, every_operation_compiles_or_is_refused) {
  for (ElementType type : {ElementType::f32, ElementType::f64, ElementType::i64, ElementType::u64})
    for (int code = int(Opcode::add); code <= int(Opcode::select); ++code) {
      auto op = Opcode(code);
      Expression e;
      Term x = input(e, 0, type), y = input(e, 1, type);
      bool logic = op >= Opcode::logical_not && op <= Opcode::logical_xor;
      if (logic) x = equal(x, y), y = x;
      Term made = op == Opcode::select ? select(equal(x, y), x, y) : takes_one(op) ? unary(op, x) : binary(op, x, y);
      e.result = made.index;
      if (body_refusal(e)) continue;
      bool defined = float_types.contains(type) || op < Opcode::exp || op > Opcode::erf;
      if (!defined) continue;
      ElementType stored[] = {type, type};
      EXPECT_NO_THROW(compile_cuda(strided_source(e, stored, made.type()), "sm_90"))
          << name_of(op) << " " << name_of(type);
    }
}

TEST_F(CudaSources, rows_and_windows_compile) {
  for (ElementType stored : {ElementType::f32, ElementType::f16, ElementType::f64}) {
    for (int kind = 0; kind <= int(RowKind::sum_square); ++kind)
      EXPECT_NO_THROW(compile_cuda(reduce_source(RowKind(kind), stored, stored), "sm_90")) << kind;
    expect_compiles(softmax_source(true, stored, stored));
    expect_compiles(pool_source(true, false, true, stored, stored));
    expect_compiles(pool_source(false, true, false, stored, stored));
  }
  expect_compiles(reduce_source(RowKind::mean, ElementType::f16, ElementType::f16));
  for (ElementType part : {ElementType::f32, ElementType::f16}) expect_compiles(split_source(part));
}

TEST(RowArguments, say_where_rows_and_their_elements_lie) {
  RowArguments sums = row_arguments({2, 3, 4}, {false, true, false}, false);  // y is [2,4]
  EXPECT_EQ(sums.rows, 8);
  EXPECT_EQ(sums.length, 3);
  EXPECT_EQ(sums.kept_rank, 2);
  EXPECT_EQ(sums.kept_stride_x[0], 12);
  EXPECT_EQ(sums.kept_stride_y[0], 4);
  EXPECT_EQ(sums.kept_extent[1], 4);
  EXPECT_EQ(sums.kept_stride_y[1], 1);
  EXPECT_EQ(sums.reduced_rank, 1);
  EXPECT_EQ(sums.reduced_extent[0], 3);
  EXPECT_EQ(sums.reduced_stride_x[0], 4);
  EXPECT_EQ(sums.reduced_stride_y[0], 0);
  RowArguments same = row_arguments({2, 3, 4}, {false, true, false}, true);
  EXPECT_EQ(same.kept_stride_y[0], 12);
  EXPECT_EQ(same.reduced_stride_y[0], 4);
  EXPECT_EQ(row_blocks(same), 8U);
}

TEST(StridedArguments, neighbouring_axes_become_one) {
  Extents y{2, 3, 4, 5}, plain{60, 20, 5, 1};
  StridedArguments same = strided_arguments(y, std::vector<Extents>{plain, plain});
  EXPECT_EQ(same.rank, 1);
  EXPECT_TRUE(same.dense(1));
  EXPECT_EQ(same.scalars(1), 0U);
  StridedArguments channels = strided_arguments(y, std::vector<Extents>{{0, 1, 0, 0}, plain});
  EXPECT_EQ(channels.rank, 3);
  EXPECT_FALSE(channels.dense(1));
  StridedArguments turned = strided_arguments(y, std::vector<Extents>{plain, {60, 1, 15, 3}});
  EXPECT_EQ(turned.rank, 3);
  EXPECT_EQ(turned.stride[1][2], 1);  // the result's innermost axis, channels, is walked innermost
  StridedArguments one = strided_arguments({1, 1}, std::vector<Extents>{{0, 0}, {1, 1}});
  EXPECT_TRUE(one.dense(1));
  EXPECT_EQ(one.count, 1);
}

}  // namespace
}  // namespace tenon::cuda
#endif
