// Types that a user demands, as casts in the graph.
#include <gtest/gtest.h>

#include "ir/graph.h"
#include "ir/network.h"
#include "ir/text.h"
#include "ops/elementwise/elementwise.h"
#include "ops/input/input.h"
#include "ops/normalize/normalize.h"
#include "ops/shape/shape.h"
#include "ops/unary/unary.h"

namespace tenon {
namespace {

struct Constrained : ::testing::Test {
  Network network;
  Value& x = network.add(Input(TensorType{ElementType::f32, {2, 3}}), {}, "x");
  Value& a = network.add(Unary("exp"), {&x}, "a");
  Value& y = network.add(Elementwise("add"), {&a, &x}, "y");
  std::vector<std::string> notes;

  std::string lowered(Constraints constraints) { return to_text(lower(network, constraints, &notes)); }
  void SetUp() override { network.mark_output(y); }
};

TEST_F(Constrained, a_precision_casts_operands_and_result) {
  std::string nothing_asked = lowered(Constraints::obeyed);
  network.precisions()[a.producer] = ElementType::f16;
  EXPECT_EQ(lowered(Constraints::ignored), nothing_asked);
  EXPECT_EQ(lowered(Constraints::obeyed), lowered(Constraints::preferred));
  EXPECT_EQ(lowered(Constraints::obeyed),
            to_text(parse("x = input() type=f32[2,3]\nx.f16 = cast(x) to=f16\na.f16 = exp(x.f16)\n"
                          "a = cast(a.f16) to=f32\ny = add(a, x)\nkeep x.f16, a.f16\nreturn y\n")));
  EXPECT_TRUE(notes.empty());
}

TEST_F(Constrained, what_has_the_precision_already_is_kept_from_narrower_storage) {
  network.precisions()[a.producer] = ElementType::f32;
  std::string lines = lowered(Constraints::obeyed);
  EXPECT_EQ(lines, to_text(parse("x = input() type=f32[2,3]\na = exp(x)\ny = add(a, x)\nkeep x, a\nreturn y\n")));
  EXPECT_EQ(lines, to_text(parse(lines)));
}

TEST_F(Constrained, an_output_type_rounds_what_others_read) {
  network.output_types()[&a] = ElementType::bf16;
  EXPECT_EQ(lowered(Constraints::obeyed),
            to_text(parse("x = input() type=f32[2,3]\na.f32 = exp(x)\na.bf16 = cast(a.f32) to=bf16\n"
                          "a = cast(a.bf16) to=f32\ny = add(a, x)\nkeep a.bf16\nreturn y\n")));
}

TEST_F(Constrained, an_output_type_equal_to_the_precision_is_cast_once) {
  network.precisions()[a.producer] = network.output_types()[&a] = ElementType::f16;
  EXPECT_EQ(lowered(Constraints::obeyed),
            to_text(parse("x = input() type=f32[2,3]\nx.f16 = cast(x) to=f16\na.f16 = exp(x.f16)\n"
                          "a = cast(a.f16) to=f32\ny = add(a, x)\nkeep x.f16, a.f16\nreturn y\n")));
}

TEST_F(Constrained, two_nodes_share_the_cast_of_an_operand) {
  network.precisions()[a.producer] = network.precisions()[y.producer] = ElementType::f16;
  EXPECT_EQ(
      lowered(Constraints::obeyed),
      to_text(parse("x = input() type=f32[2,3]\nx.f16 = cast(x) to=f16\na.f16 = exp(x.f16)\na = cast(a.f16) to=f32\n"
                    "a.f16.1 = cast(a) to=f16\ny.f16 = add(a.f16.1, x.f16)\ny = cast(y.f16) to=f32\n"
                    "keep x.f16, a.f16, a.f16.1, y.f16\nreturn y\n")));
}

TEST_F(Constrained, int8_is_refused_or_noted) {
  std::string nothing_asked = lowered(Constraints::obeyed);
  network.precisions()[a.producer] = ElementType::i8;
  try {
    lowered(Constraints::obeyed);
    FAIL() << "it was obeyed";
  } catch (const Error& e) {
    EXPECT_EQ(e.id(), ErrorId::unsupported_type);
    EXPECT_NE(std::string(e.what()).find("precision i8 is demanded of exp 'a'"), std::string::npos) << e.what();
  }
  EXPECT_EQ(lowered(Constraints::preferred), nothing_asked);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_NE(notes[0].find("it computes in the types of its operands"), std::string::npos) << notes[0];
}

TEST_F(Constrained, integers_have_no_precision_to_change) {
  Value& s = network.add(ShapeOf(), {&x}, "s");
  network.mark_output(s);
  std::string nothing_asked = lowered(Constraints::obeyed);
  network.precisions()[s.producer] = ElementType::i32;
  EXPECT_EQ(lowered(Constraints::obeyed), nothing_asked);
}

}  // namespace
}  // namespace tenon
