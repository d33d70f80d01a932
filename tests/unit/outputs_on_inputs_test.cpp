// Outputs that lie on inputs: written over them where that is sound, else made elsewhere first.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cmath>
#include <numeric>

#include "ir/text.h"
#include "runtime/program_context.h"
#include "tenon/build.h"

namespace tenon {
namespace {

std::vector<float> counting(size_t n) {
  std::vector<float> x(n);
  std::iota(x.begin(), x.end(), 1.f);
  return x;
}

struct Network {
  Built built;
  ProgramContext context;
  explicit Network(const char* lines) : built(build(parse(lines), {.threads = 2})), context(built.program, 2) {}
  void run(std::initializer_list<Extents> shapes, std::vector<const void*> in, std::vector<void*> out) {
    context.set_shapes(std::vector<Extents>(shapes));
    context.run(in, out);
  }
};

// All pages but those of the rows that are new can only be read: whatever copies the cache dies.
TEST(OutputsOnInputs, a_cache_is_updated_in_place_and_nothing_else_of_it_is_written) {
  Network net(
      "c = input() type=f32[1,4,S,256]\nu = input() type=f32[1,4,1,256]\np = input() type=i64[1]\n"
      "y = tensor_scatter(c, u, p)\nreturn y\n");
  constexpr size_t page = 4096, rows = 4 * 16, bytes = rows * 1024;
  auto* cache = static_cast<float*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(cache, MAP_FAILED);
  for (size_t i = 0; i < bytes / 4; ++i) cache[i] = float(i);
  int64_t place = 5;  // within the second page of each of the heads' four
  std::byte* memory = reinterpret_cast<std::byte*>(cache);
  for (size_t at = 0; at < bytes; at += page)
    if (at / page % 4 != 1) mprotect(memory + at, page, PROT_READ);
  std::vector<float> update = counting(4 * 256);
  net.run({{1, 4, 16, 256}, {1, 4, 1, 256}, {1}}, {cache, update.data(), &place}, {cache});
  for (size_t row = 0; row < rows; ++row)
    for (size_t i : {0, 255})
      EXPECT_EQ(cache[row * 256 + i], row % 16 == 5 ? update[row / 16 * 256 + i] : float(row * 256 + i));
  munmap(cache, bytes);
}

TEST(OutputsOnInputs, elementwise_steps_write_over_their_operand) {
  Network net("x = input() type=f32[N]\ny = relu(x)\nz = tanh(y)\nreturn y, z\n");
  std::vector<float> x{-1, 2, -3, 4}, z(4);
  net.run({{4}}, {x.data()}, {x.data(), z.data()});
  EXPECT_EQ(x, (std::vector<float>{0, 2, 0, 4}));
  EXPECT_FLOAT_EQ(z[3], std::tanh(4.f));
}

TEST(OutputsOnInputs, what_others_read_is_left_alone_until_they_have) {
  Network net("x = input() type=f32[N]\na = relu(x)\nb = neg(x)\nc = add(b, x)\nreturn a, b, c\n");
  for (int at = 0; at < 3; ++at) {
    std::vector<float> x{-1, 2, -3, 4},
        others[3] = {std::vector<float>(4), std::vector<float>(4), std::vector<float>(4)};
    std::vector<void*> out{others[0].data(), others[1].data(), others[2].data()};
    out[size_t(at)] = x.data();
    net.run({{4}}, {x.data()}, out);
    auto result = [&](int i) { return std::vector<float>((float*)out[size_t(i)], (float*)out[size_t(i)] + 4); };
    EXPECT_EQ(result(0), (std::vector<float>{0, 2, 0, 4}));
    EXPECT_EQ(result(1), (std::vector<float>{1, -2, 3, -4}));
    EXPECT_EQ(result(2), (std::vector<float>{0, 0, 0, 0}));
  }
}

TEST(OutputsOnInputs, may_begin_in_the_middle_of_one) {
  Network net("x = input() type=f32[N]\ny = relu(x)\nreturn y\n");
  std::vector<float> x{-1, 2, -3, 4, 0};
  net.run({{4}}, {x.data()}, {x.data() + 1});
  EXPECT_EQ(x, (std::vector<float>{-1, 0, 2, 0, 4}));
}

TEST(OutputsOnInputs, may_be_swapped) {
  Network net("a = input() type=f32[N]\nb = input() type=f32[N]\nx = neg(a)\ny = relu(b)\nreturn x, y\n");
  std::vector<float> a{1, 2}, b{3, 4};
  net.run({{2}, {2}}, {a.data(), b.data()}, {b.data(), a.data()});
  EXPECT_EQ(b, (std::vector<float>{-1, -2}));
  EXPECT_EQ(a, (std::vector<float>{3, 4}));
}

TEST(OutputsOnInputs, wait_for_the_last_stage_to_have_read_them) {
  Network net(
      "x = input() type=f32[N]\na = relu(x)\ni = nonzero(a) count=[K]\nj = cast(i) to=f32\ns = reduce(j) kind=sum "
      "axes=0,1 "
      "keep_dims=false\nz = mul(x, s)\nreturn a, z\n");
  std::vector<float> x{-1, 2, -3, 4}, z(4);
  net.run({{4}}, {x.data()}, {x.data(), z.data()});
  EXPECT_EQ(x, (std::vector<float>{0, 2, 0, 4}));
  EXPECT_EQ(z, (std::vector<float>{-4, 8, -12, 16}));  // places 1 and 3
}

}  // namespace
}  // namespace tenon
