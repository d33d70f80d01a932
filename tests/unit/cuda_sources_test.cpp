// Generated kernels compile for every architecture we build for, with or without a GPU.
#include <gtest/gtest.h>

#include "base/error.h"
#include "kernels/cuda/attention.h"
#include "kernels/cuda/integers.h"
#include "kernels/cuda/moves.h"
#include "kernels/cuda/pad.h"
#include "kernels/cuda/pool.h"
#include "kernels/cuda/rows.h"
#include "kernels/cuda/scatter.h"
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
  static void expect_compiles_once(const std::string& source) {  // variants of a text that others stand for
    EXPECT_NO_THROW(compile_cuda(source, "sm_90")) << source;
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
    for (bool center : {false, true}) expect_compiles_once(normalize_source(center, stored, stored));
    expect_compiles(pool_source(true, false, true, stored, stored));
    expect_compiles(pool_source(false, true, false, stored, stored));
  }
  expect_compiles(reduce_source(RowKind::mean, ElementType::f16, ElementType::f16));
  for (ElementType part : {ElementType::f32, ElementType::f16}) expect_compiles(split_source(part));
}

TEST_F(CudaSources, moves_compile) {
  expect_compiles(move_source());
  expect_compiles(gather_source(ElementType::i64));
  expect_compiles(cache_source(false, ElementType::i64));
  expect_compiles_once(gather_source(ElementType::i32, true));
  expect_compiles_once(cache_source(true, ElementType::i32));
  for (int way = 0; way <= int(PadWay::wrap); ++way) expect_compiles_once(pad_source(PadWay(way)));
}

TEST_F(CudaSources, integers_and_places_compile) {
  expect_compiles(list_source());
  for (ElementType element : {ElementType::i64, ElementType::i32}) expect_compiles(range_source(element));
  for (ElementType stored : {ElementType::f32, ElementType::f16, ElementType::f64, ElementType::i8, ElementType::u64})
    expect_compiles_once(arg_source(true, false, stored));
  expect_compiles_once(arg_source(false, true, ElementType::f32));
}

TEST_F(CudaSources, attention_compiles_with_every_step) {
  using Step = AttentionStep;
  for (ElementType stored : {ElementType::f32, ElementType::f16, ElementType::bf16}) {
    expect_compiles_once(attention_source(stored, {}));
    std::vector<Step> steps{{Step::scale},
                            {Step::add, true, stored},
                            {Step::select, true, ElementType::boolean},
                            {Step::add, true, stored},
                            {Step::select, false, ElementType::boolean}};
    expect_compiles(attention_source(stored, steps));
  }
}

TEST(AttentionArguments, few_queries_share_the_keys_out) {
  AttentionArguments a;
  a.keys = 1024, a.columns = 64;
  a.set_parts(12);
  EXPECT_EQ(a.parts, 16);  // one chunk each
  EXPECT_EQ(a.tasks, 192);
  EXPECT_EQ(a.partial_floats(), 192 * 66);
  a.set_parts(500);
  EXPECT_EQ(a.parts, 3);  // of six chunks at most
  EXPECT_EQ(a.chunks, 6);
  a.set_parts(2000);
  EXPECT_EQ(a.parts, 1);
  EXPECT_EQ(a.chunks, 16);
  EXPECT_EQ(a.partial_floats(), 0);
  a.keys = 0;
  a.set_parts(12);
  EXPECT_EQ(a.parts, 1);
  EXPECT_EQ(a.tasks, 12);
}

TEST_F(CudaSources, scatters_compile) {
  for (ElementType raw : {ElementType::u8, ElementType::u16, ElementType::u32, ElementType::u64})
    expect_compiles_once(scatter_source(ScatterWay::write, raw, ElementType::i64));
  for (int way = int(ScatterWay::add); way <= int(ScatterWay::min); ++way)
    for (ElementType stored : {ElementType::f32, ElementType::bf16, ElementType::i8, ElementType::u64})
      expect_compiles_once(scatter_source(ScatterWay(way), stored, ElementType::i32));
}

TEST(MoveArguments, rows_are_moved_in_elements_as_wide_as_everything_allows) {
  alignas(16) std::byte memory[64];
  auto width = [&](Extents extents, Extents from, Extents to, int64_t bytes, int shift) {
    MoveArguments a = move_arguments(extents, from, to);
    return widen(a, bytes, memory + shift, memory);
  };
  EXPECT_EQ(width({3, 8}, {16, 1}, {8, 1}, 4, 0), 16);
  EXPECT_EQ(width({3, 8}, {16, 1}, {8, 1}, 4, 8), 8);    // where the source begins
  EXPECT_EQ(width({3, 6}, {16, 1}, {6, 1}, 4, 0), 8);    // a row of 24 bytes
  EXPECT_EQ(width({3, 8}, {9, 1}, {8, 1}, 4, 0), 4);     // rows that lie 36 bytes apart
  EXPECT_EQ(width({3, 8}, {1, 3}, {8, 1}, 4, 0), 4);     // a transposition
  EXPECT_EQ(width({16}, {-1}, {1}, 1, 0), 1);            // backwards
  EXPECT_EQ(width({2, 16}, {0, 1}, {16, 1}, 1, 0), 16);  // repeated rows
  MoveArguments a = move_arguments({3, 8}, {16, 1}, {8, 1});
  widen(a, 4, memory, memory);
  EXPECT_EQ(a.count, 6);
  EXPECT_EQ(a.extent[1], 2);
  EXPECT_EQ(a.from[0], 4);
  EXPECT_EQ(a.to[0], 2);
  Extents by{1, 0};
  MoveArguments looked_up = move_arguments({3, 8}, {0, 1}, {8, 1}, &by);
  looked_up.depth = 1, looked_up.range[0] = 5, looked_up.step[0] = 8;
  EXPECT_EQ(widen(looked_up, 4, memory, memory), 16);
  EXPECT_EQ(looked_up.step[0], 2);
  EXPECT_EQ(looked_up.index[0], 1);
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
  RowArguments last = row_arguments({2, 3, 4, 5}, {false, false, true, true}, true);  // neighbours are one axis
  EXPECT_EQ(last.kept_rank, 1);
  EXPECT_EQ(last.kept_extent[0], 6);
  EXPECT_EQ(last.kept_stride_x[0], 20);
  EXPECT_EQ(last.reduced_rank, 1);
  EXPECT_EQ(last.reduced_extent[0], 20);
  RowArguments broadcast = row_arguments({2, 3, 4}, {false, true, true}, {12, 4, 1}, {0, 0, 1});
  EXPECT_EQ(broadcast.reduced_rank, 2);  // a scale that is repeated along one of them
  EXPECT_EQ(broadcast.length, 12);
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
