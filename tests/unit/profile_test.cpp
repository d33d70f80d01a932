#include <gtest/gtest.h>

#include "ir/text.h"
#include "runtime/program_context.h"
#include "tenon/build.h"

namespace tenon {
namespace {

const char* lines =
    "x = input() type=f32[N,M]\n"
    "a = relu(x)\n"
    "t = transpose(a)\n"
    "y = softmax(t)\n"
    "return y\n";

BuildOptions with_profile() {
  BuildOptions options{.threads = 1};
  options.profile.ranges = {{"N", {1, 8}}, {"M", {2, 100}}};
  options.profile.typical = {{"N", 4}, {"M", 50}};
  return options;
}

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Profile, plans_memory_once_for_the_highest_extents) {
  ExecutionContext context(build(parse(lines), with_profile()).only_plan(), 1);
  int64_t planned = context.arena_bytes();
  EXPECT_GE(planned, 8 * 100 * 4);
  std::vector<float> x(800, 1.f), y(800);
  const void* in = x.data();
  void* out = y.data();
  for (Extents e : {Extents{8, 100}, Extents{1, 2}, Extents{3, 70}}) {
    context.set_shapes({&e, 1});
    context.run({&in, 1}, {&out, 1});
    EXPECT_FLOAT_EQ(y[0], 1.f / float(e[0]));
    EXPECT_EQ(context.arena_bytes(), planned);
  }
}

TEST(Profile, refuses_what_lies_outside) {
  ExecutionContext context(build(parse(lines), with_profile()).only_plan(), 1);
  Extents e{9, 50};
  EXPECT_NE(error_of([&] {
              context.set_shapes({&e, 1});
            }).find("TN104: dimension 'N' is 9, the profile allows 1 to 8"),
            std::string::npos);
}

TEST(Profile, names_every_open_dimension) {
  BuildOptions options = with_profile();
  options.profile.ranges.erase("M");
  EXPECT_NE(error_of([&] { build(parse(lines), options); }).find("lacks the dimension 'M'"), std::string::npos);
  options = with_profile();
  options.profile.ranges["K"] = {1, 1}, options.profile.typical["K"] = 1;
  EXPECT_NE(error_of([&] { build(parse(lines), options); }).find("'K', which no input has"), std::string::npos);
}

TEST(Profile, stays_with_the_engine) {
  std::string plans = build(parse(lines), with_profile()).plans;
  Built again = build(parse(lines), {.threads = 1, .plans = plans});
  EXPECT_EQ(again.only_plan()->profile, with_profile().profile);
  EXPECT_EQ(again.plans, plans);
}

BuildOptions with_two_profiles(Range range, int64_t typical) {
  BuildOptions options = with_profile();
  options.more_profiles.push_back({{{"N", range}, {"M", {1, 3}}}, {{"N", typical}, {"M", 2}}});
  return options;
}

TEST(Profile, each_has_a_program_and_its_own_memory) {
  Built built = build(parse(lines), with_two_profiles({100, 200}, 150));
  ASSERT_EQ(built.profiles(), 2U);
  ProgramContext first(built.program_of(0), 1), second(built.program_of(1), 1);
  Extents small{8, 100}, large{200, 3};
  EXPECT_NE(error_of([&] {
              first.set_shapes({&large, 1});
            }).find("'N' is 200, the profile allows 1 to 8"),
            std::string::npos);
  EXPECT_NE(error_of([&] { second.set_shapes({&small, 1}); }).find("the profile allows"), std::string::npos);
  int64_t planned = second.arena_bytes();
  std::vector<float> x(800, 1.f), y(800);
  const void* in = x.data();
  void* out = y.data();
  second.set_shapes({&large, 1});
  second.run({&in, 1}, {&out, 1});
  EXPECT_FLOAT_EQ(y[0], 1.f / 200);
  EXPECT_EQ(second.arena_bytes(), planned);
}

TEST(Profile, the_same_choices_are_one_plan) {
  BuildOptions options = with_profile();
  options.more_profiles.push_back(options.profile);
  options.more_profiles[0].ranges["N"] = {1, 9};
  Built built = build(parse(lines), options);
  EXPECT_EQ(built.program_of(0)->stages[0].plan, built.program_of(1)->stages[0].plan);
  EXPECT_NE(built.program_of(0)->profile, built.program_of(1)->profile);
}

TEST(Profile, all_stay_with_the_engine) {
  Built first = build(parse(lines), with_two_profiles({100, 200}, 150));
  Built again = build(parse(lines), {.threads = 1, .plans = first.plans});
  ASSERT_EQ(again.profiles(), 2U);
  EXPECT_EQ(again.program_of(1)->profile, first.program_of(1)->profile);
  EXPECT_EQ(again.plans, first.plans);
  EXPECT_TRUE(again.notes.empty());
}

TEST(Profile, hostile_lists_are_refused) {
  for (const char* text : {"profiles 0\n", "profiles 1000000\n", "other_profile 1 N 1 2 3\n", "profiles x\n"})
    EXPECT_NE(error_of([&] { read_profiles(text); }).find("TN505"), std::string::npos) << text;
}

}  // namespace
}  // namespace tenon
