// Graphs within nodes and extents that a run finds out, from text to results.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/text.h"
#include "run_built.h"
#include "tenon/build.h"

namespace tenon {
namespace {

Weights floats(const std::vector<float>& values) {
  return make_weights(ElementType::f32, {int64_t(values.size())}, values);
}
Weights number(int64_t n) { return make_weights(ElementType::i64, {}, std::vector<int64_t>{n}); }
Weights condition(bool b) { return make_weights(ElementType::boolean, {}, std::vector<uint8_t>{b}); }

std::vector<float> values(const Tensor& t) { return {t.view().as<float>(), t.view().as<float>() + t.extents.count()}; }

// Optimised and not, and read back from its own text.
std::vector<Values> in_all_ways(const std::string& lines, const Values& inputs) {
  std::vector<Values> all;
  for (bool optimize : {true, false}) {
    Text text = print(parse(lines));
    EXPECT_EQ(print(parse(text)).lines, text.lines);
    all.push_back(run_built(parse(text), inputs, optimize));
  }
  return all;
}

const char* const doubled_or_negated =
    "body\nx = input() type=f32[N]\nc = constant() data=i64[1]{2}\ny = tile(x, c)\nreturn y\n"
    "body\nx = input() type=f32[N]\ny = neg(x)\nreturn y\n"
    "c = input() type=bool[]\nx = input() type=f32[N]\ny = if(c, x, x) then=@0 else=@1 late=[K]\nz = relu(y)\nreturn "
    "y, z\n";

TEST(ControlFlow, tuning_leaves_what_runs_size_to_predictions) {
  Built built = build(parse(doubled_or_negated), {.threads = 1, .tuning_ms = 20});
  EXPECT_GT(built.stats.at("steps"), 1);
  EXPECT_NO_THROW(
      build(parse("x = input() type=f32[N,4]\ny = nonzero(x) count=[F]\nreturn y\n"), {.threads = 1, .tuning_ms = 20}));
}

TEST(ControlFlow, branches_give_extents_of_their_own) {
  for (const Values& found : in_all_ways(doubled_or_negated, {condition(true), floats({1, -2})}))
    EXPECT_THAT(values(*found[1]), testing::ElementsAre(1, 0, 1, 0));
  for (const Values& found : in_all_ways(doubled_or_negated, {condition(false), floats({1, -2, 3})}))
    EXPECT_THAT(values(*found[0]), testing::ElementsAre(-1, 2, -3));
  for (const Values& found : in_all_ways(doubled_or_negated, {condition(true), floats({})}))
    EXPECT_EQ(found[1]->extents, (Extents{0}));
}

// A sum that grows until it is 10, and what each round added.
const char* const summing_loop =
    "body\ni = input() type=i64[]\ngo = input() type=bool[]\ns = input() type=f32[]\nx = input() type=f32[]\n"
    "t = add(s, x)\nten = constant() data=f32[]{10}\non = less(t, ten)\nk = mul(x, x)\nreturn on, t, k\n"
    "n = input() type=i64[]\ngo = input() type=bool[]\ns = input() type=f32[]\nx = input() type=f32[]\n"
    "y, ks = loop(n, go, s, x) body=@0 states=1 late=[R]\nreturn y, ks\n";

Weights scalar(float f) { return make_weights(ElementType::f32, {}, std::vector<float>{f}); }

TEST(ControlFlow, loops_end_by_their_condition_or_their_count) {
  auto run = [](int64_t most, bool begins) {
    return in_all_ways(summing_loop, {number(most), condition(begins), scalar(1), scalar(3)});
  };
  for (const Values& found : run(100, true)) {
    EXPECT_THAT(values(*found[0]), testing::ElementsAre(10));
    EXPECT_THAT(values(*found[1]), testing::ElementsAre(9, 9, 9));
  }
  for (const Values& found : run(2, true)) EXPECT_THAT(values(*found[1]), testing::ElementsAre(9, 9));
  for (int64_t none : {0, -1})
    for (const Values& found : run(none, true)) {
      EXPECT_THAT(values(*found[0]), testing::ElementsAre(1));
      EXPECT_EQ(found[1]->extents, (Extents{0}));
    }
  for (const Values& found : run(5, false)) EXPECT_EQ(found[1]->extents, (Extents{0}));
}

TEST(ControlFlow, later_stages_are_told_what_earlier_ones_find) {
  const char* lines =
      "x = input() type=f32[N]\ni = nonzero(x) count=[K]\nt = transpose(i)\nf = gather_nd(x, t)\n"
      "j = nonzero(f) count=[L]\ns = reduce(f) kind=sum axes=0 keep_dims=false\nreturn f, j, s\n";
  for (const Values& found : in_all_ways(lines, {floats({0, 4, 0, 5})})) {
    EXPECT_THAT(values(*found[0]), testing::ElementsAre(4, 5));
    EXPECT_EQ(found[1]->extents, (Extents{1, 2}));
    EXPECT_THAT(values(*found[2]), testing::ElementsAre(9));
  }
  for (const Values& found : in_all_ways(lines, {floats({0})})) EXPECT_EQ(found[0]->extents, (Extents{0}));
}

std::string refusal(const std::string& lines) {
  try {
    parse(lines);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(ControlFlow, text_says_what_is_wrong_with_bodies) {
  using testing::HasSubstr;
  std::string branch = "body\nx = input() type=f32[N]\ny = neg(x)\nreturn y\n";
  std::string ends = "c = input() type=bool[]\nx = input() type=f32[N]\n";
  EXPECT_THAT(refusal(branch + ends + "y = if(c, x, x) then=@0 else=@7\nreturn y\n"), HasSubstr("no body @7"));
  EXPECT_THAT(refusal(branch + ends + "y = if(c, x, x) then=@0\nreturn y\n"), HasSubstr("a branch is missing"));
  EXPECT_THAT(refusal(branch + ends + "y = if(c, x) then=@0 else=@0\nreturn y\n"), HasSubstr("takes 3 operands"));
  EXPECT_THAT(refusal(branch + ends + "y = if(x, x, x) then=@0 else=@0\nreturn y\n"), HasSubstr("the condition"));
  EXPECT_THAT(refusal(branch + ends + "y = if(c, x, x) then=@0 else=@0 late=[K]\nreturn y\n"), HasSubstr("needs 0"));
  EXPECT_THAT(refusal("body\nx = input() type=f32[N]\n"), HasSubstr("a body returns nothing"));
  EXPECT_THAT(refusal(ends + branch), HasSubstr("a body stands before all that uses it"));
}

TEST(ControlFlow, bodies_that_use_bodies_many_times_have_a_limit) {
  std::string lines = "body\nc = input() type=bool[]\nx = input() type=f32[N]\ny = neg(x)\nreturn y\n";
  for (int k = 0; k < 40; ++k)
    lines += concat("body\nc = input() type=bool[]\nx = input() type=f32[N]\ny = if(c, c, x, c, x) then=@", k,
                    " else=@", k, "\nreturn y\n");
  EXPECT_THAT(refusal(lines), testing::HasSubstr("the most is"));
}

}  // namespace
}  // namespace tenon
