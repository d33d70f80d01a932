// Every reformat against the walking one: layouts, sizes of elements, odd extents, threads, instruction sets.
#include "regions/reformat/reformat.h"

#include <gtest/gtest.h>

#include <cstring>

#include "kernels/cpu/isa.h"
#include "regions/reformat/walking_reformat.h"

namespace tenon {
namespace {

constexpr Layout layouts[] = {Layout::plain, Layout::nhwc, Layout::c16};
using Bytes = std::vector<std::byte>;

// Any bits there are: for floats of every kind of value, NaN with payloads among them. Signalling ones are left out:
// the processor's own conversions make them quiet.
Bytes random_bytes(int64_t count, ElementType element) {
  Bytes bytes(size_t(count), std::byte(0));
  uint64_t state = 7;
  for (std::byte& b : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    b = std::byte(state >> 56);
    if (element == ElementType::boolean) b &= std::byte(1);
  }
  auto* halves = reinterpret_cast<uint16_t*>(bytes.data());
  for (int64_t i = 0; element == ElementType::f16 && i < count / 2; ++i)
    if ((halves[i] & 0x7fff) > 0x7c00) halves[i] |= 0x200;
  return bytes;
}

Bytes run(const Kernel& kernel, const Extents& extents, Format from, Format to, const Bytes& x, int threads) {
  Bytes y(size_t(stored_bytes(extents, to)) + 64, std::byte(0xee));
  ConstView in{x.data(), from.element, extents};
  View out{y.data(), to.element, extents};
  Bytes scratch(size_t(kernel.scratch_bytes({&in, 1}, {&out, 1})));
  Workers workers(threads);
  kernel.run({{&in, 1}, {&out, 1}, scratch.data(), workers});
  return y;
}

void check_pair(const Extents& extents, Format from, Format to) {
  SCOPED_TRACE(concat(extents, " ", from, " -> ", to, " ", name_of(isa())));
  Format plain{from.element, Layout::plain};
  Bytes values = random_bytes(stored_bytes(extents, plain), from.element);
  Bytes x = run(*walking_reformat(plain, from), extents, plain, from, values, 1);
  Bytes expected = run(*walking_reformat(from, to), extents, from, to, x, 1);
  TensorType type{from.element, Shape(extents.begin(), extents.end())};
  auto kernel = prepare_reformat(Target(), type, from, to);
  for (int threads : {1, 3}) ASSERT_EQ(run(*kernel, extents, from, to, x, threads), expected) << threads << " threads";
}

void check_all(const Extents& extents, ElementType from, ElementType to) {
  for (Isa limit : {Isa::avx512, Isa::avx2, Isa::portable}) {
    limit_isa(limit);
    for (Layout a : layouts)
      for (Layout b : layouts) {
        check_pair(extents, {from, a}, {to, b});
        if (testing::Test::HasFatalFailure()) return;
      }
  }
  limit_isa(Isa::avx512);
}

const Extents shapes[] = {{1, 16, 1, 1}, {2, 17, 3, 5},    {1, 3, 7, 9},    {3, 32, 4, 4},    {2, 15, 1},
                          {1, 1, 1},     {2, 40, 33},      {1, 24, 20},     {1, 47, 3, 4, 5}, {2, 16, 1, 2, 1},
                          {0, 16, 4, 4}, {2, 0, 4, 4},     {2, 20, 0, 4},   {1, 100, 31, 37}, {1, 64, 57, 56},
                          {5, 7, 1, 1},  {1, 2, 300, 301}, {1, 300, 20, 20}};

TEST(Reformat, MovesElementsOfEverySize) {
  for (const Extents& e : shapes)
    for (ElementType t : {ElementType::u8, ElementType::i16, ElementType::f32, ElementType::f64, ElementType::boolean})
      check_all(e, t, t);
}

TEST(Reformat, ConvertsFloats) {
  for (const Extents& e : shapes)
    for (ElementType t : {ElementType::f16, ElementType::bf16}) {
      check_all(e, ElementType::f32, t);
      check_all(e, t, ElementType::f32);
    }
}

TEST(Reformat, LeavesRareFloatsToTheWalk) {
  check_all({2, 17, 3, 5}, ElementType::f64, ElementType::f16);
  check_all({2, 17, 3, 5}, ElementType::bf16, ElementType::f16);
}

TEST(Reformat, CopiesAnyRankInPlain) {
  Extents extents{3, 1, 2, 1, 2, 2, 5};
  Format f32{ElementType::f32, Layout::plain}, f16{ElementType::f16, Layout::plain};
  check_pair(extents, f32, f32);
  check_pair(extents, f32, f16);
  check_pair({}, f16, f32);
}

}  // namespace
}  // namespace tenon
