#include <gtest/gtest.h>

#include "ir/text.h"
#include "tenon/build.h"

namespace tenon {
namespace {

int shared_in(const char* lines) { return build(parse(lines), {.threads = 1}).only_plan()->shared_in_place; }

TEST(MemoryPlanner, a_reshape_of_what_dies_there_moves_nothing) {
  EXPECT_EQ(
      shared_in("x = input() type=f32[2,12]\na = softmax(x)\nr = reshape(a) shape=[4,6]\ny = softmax(r)\nreturn y\n"),
      1);
  EXPECT_EQ(
      shared_in("x = input() type=f32[N,12]\na = softmax(x)\nr = reshape(a) shape=[N,3,4]\ny = softmax(r)\nreturn y\n"),
      1);
}

TEST(MemoryPlanner, a_reshape_of_what_is_read_later_has_memory_of_its_own) {
  EXPECT_EQ(shared_in("x = input() type=f32[2,12]\na = softmax(x)\nr = reshape(a) shape=[4,6]\ns = softmax(r)\n"
                      "t = reshape(s) shape=[2,12]\ny = sub(a, t)\nreturn y\n"),
            2);  // s over r, t over s; r is not over a
}

}  // namespace
}  // namespace tenon
