#include <gtest/gtest.h>

#include "ir/text.h"
#include "runtime/context.h"
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

}  // namespace
}  // namespace tenon
