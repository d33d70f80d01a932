#include "select/domains.h"

#include <gtest/gtest.h>

#include "ir/text.h"

namespace tenon {
namespace {

constexpr ElementType f32 = ElementType::f32, f16 = ElementType::f16, bf16 = ElementType::bf16;

struct Storage {
  Graph graph;
  Domains allowed;
  Storage(const std::string& lines, Permissions permissions)
      : graph(parse(lines)), allowed(domains(graph, permissions)) {}
  bool holds(const char* value, ElementType type) const { return allowed.at(graph.find(value)).contains(type); }
};

TEST(Domains, permissions_are_for_f32_values_inside) {
  const char* lines =
      "x = input() type=f32[8]\nk = input() type=i32[8]\na = relu(x)\nb = neg(k)\ny = neg(a)\nreturn y, b\n";
  Storage none(lines, {}), half(lines, {.f16 = true}), both(lines, {.f16 = true, .bf16 = true});
  EXPECT_FALSE(none.holds("a", f16));
  EXPECT_TRUE(half.holds("a", f32) && half.holds("a", f16) && !half.holds("a", bf16));
  EXPECT_TRUE(both.holds("a", bf16));
  for (const char* other : {"k", "b", "y"}) EXPECT_FALSE(both.holds(other, f16)) << other;
}

TEST(Domains, what_is_kept_has_its_type_alone) {
  Storage s("x = input() type=f32[8]\na = relu(x)\nb = neg(a)\ny = neg(b)\nkeep x, a\nreturn y\n",
            {.f16 = true, .bf16 = true});
  for (const char* kept : {"x", "a"}) EXPECT_FALSE(s.holds(kept, f16) || s.holds(kept, bf16)) << kept;
  EXPECT_TRUE(s.holds("b", f16));
}

TEST(Domains, what_grows_is_not_stored_in_f16) {
  Storage s(
      "x = input() type=f32[4,8]\nt = constant() data=f32[]{2}\nm = reduce(x) kind=mean axes=1\nd = sub(x, m)\n"
      "q = mul(d, d)\np = pow(d, t)\ne = exp(d)\nu = reduce(q) kind=sum axes=1\nv = reduce(p) kind=mean axes=1\n"
      "w = mul(d, e)\na = add(u, v)\nb = mul(w, a)\ny = relu(b)\nreturn y\n",
      {.f16 = true, .bf16 = true});
  for (const char* grows : {"q", "p", "e", "u", "v"})
    EXPECT_TRUE(!s.holds(grows, f16) && s.holds(grows, bf16)) << grows;
  for (const char* stays : {"d", "w", "a"}) EXPECT_TRUE(s.holds(stays, f16)) << stays;
}

TEST(Domains, what_becomes_an_integer_is_not_narrowed) {
  Storage s("x = input() type=f32[4]\na = relu(x)\nb = neg(a)\ni = cast(b) to=i32\nc = cast(a) to=f64\nreturn i, c\n",
            {.f16 = true, .bf16 = true});
  EXPECT_TRUE(s.holds("a", f16) && s.holds("a", bf16));
  EXPECT_FALSE(s.holds("b", f16) || s.holds("b", bf16));
}

TEST(Domains, what_an_images_first_convolution_reads_and_makes_is_read_in_pairs) {
  const char* lines =
      "x = input() type=f32[1,3,8,8]\nk = input() type=f32[1,5,2,2]\ns = constant() data=f32[]{2}\n"
      "w = constant() data=f32[2,3,1,1]{1,2,3,4,5,6}\nv = constant() data=f32[2,2,1,1]{1,2,3,4}\na = mul(x, s)\nb = "
      "conv(a, w)\n"
      "c = relu(b)\nd = pool(c) kind=max window=2,2 strides=2,2\ne = conv(d, v)\nf = relu(e)\n"
      "g = pool(f) kind=max window=2,2 strides=2,2\nu = constant() data=f32[2,5,1,1]{1,2,3,4,5,6,7,8,9,10}\nh = "
      "conv(k, u)\ni = add(g, h)\ny = relu(i)\nreturn y\n";
  Storage half(lines, {.f16 = true, .bf16 = true}), none(lines, {}), brain(lines, {.bf16 = true});
  for (const char* early : {"x", "a", "b", "c", "d"}) {
    EXPECT_TRUE(half.allowed.at(half.graph.find(early)).in_pairs && !half.holds(early, f16) &&
                !half.holds(early, bf16));
    EXPECT_FALSE(none.allowed.at(none.graph.find(early)).in_pairs) << early;
    EXPECT_TRUE(brain.holds(early, bf16)) << early;
  }
  for (const char* later : {"k", "e", "f", "g", "h", "i"})
    EXPECT_TRUE(!half.allowed.at(half.graph.find(later)).in_pairs && half.holds(later, f16)) << later;
}

}  // namespace
}  // namespace tenon
