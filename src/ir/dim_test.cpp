#include "ir/dim.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(Dim, one_canonical_text_for_equal_extents) {
  Dim n = Dim::symbol("N"), h = Dim::symbol("H");
  EXPECT_EQ(to_text(n * 2 + h - n), "H+N");
  EXPECT_EQ(to_text((n + 1) * (n - 1)), "N*N-1");
  EXPECT_EQ(n * h * 6, h * 2 * (n * 3));
  EXPECT_TRUE((n - n).is(0));
}

TEST(Dim, quotients_leave_what_divides_evenly) {
  Dim n = Dim::symbol("N"), h = Dim::symbol("H");
  EXPECT_EQ(floor_div(n * 6, n), Dim(6));
  EXPECT_EQ(floor_div(n * h * 6, n * 3), h * 2);
  EXPECT_EQ(to_text(floor_div(h + 7, 2)), "div(H+1,2)+3");
  EXPECT_EQ(floor_div(h + 7, 2).at({{"H", 4}}), 5);
  EXPECT_EQ(floor_div(Dim(-7), 2), Dim(-4));
  EXPECT_THROW(floor_div(n, 0), Error);
}

TEST(Dim, text_reads_back) {
  for (const char* text : {"0", "-3", "N", "2*N+1", "div(H+1,2)+3", "max(0,T-3)", "min(H,N)*2"}) {
    Dim d = parse_dim(text);
    EXPECT_EQ(parse_dim(to_text(d)), d) << text;
  }
  EXPECT_THROW(parse_dim("2*"), Error);
  EXPECT_THROW(parse_dim(std::string(1000, 'm') + "(" + std::string(100, '(')), Error);
}

TEST(Dim, ranges_are_never_too_narrow) {
  Ranges ranges{{"N", {1, 8}}, {"T", {0, 5}}};
  EXPECT_EQ(parse_dim("2*N+1").range(ranges), (Range{3, 17}));
  EXPECT_EQ(parse_dim("max(0,T-3)").range(ranges), (Range{0, 2}));
  EXPECT_EQ(parse_dim("div(N+1,2)").range(ranges), (Range{1, 4}));
  EXPECT_TRUE(surely_at_least(parse_dim("A*B*C*D"), 0));  // bounds beyond 64 bits
  EXPECT_FALSE(surely_at_least(parse_dim("A*B*C-D*E*F"), 0));
}

TEST(Dim, a_difference_of_bounds_that_grow_together_is_not_negative) {
  EXPECT_TRUE(surely_at_least(parse_dim("min(8,S+1)"), parse_dim("min(8,S)")));
  EXPECT_TRUE(surely_at_least(parse_dim("max(N+S,T)"), parse_dim("max(T,S)")));
  EXPECT_FALSE(surely_at_least(parse_dim("min(8,S)"), parse_dim("min(8,S+1)")));
  EXPECT_FALSE(surely_at_least(parse_dim("min(8,S+1)"), parse_dim("max(8,S)")));
  EXPECT_TRUE(surely_at_least(parse_dim("S"), parse_dim("min(512,S)")));
  EXPECT_TRUE(surely_at_least(parse_dim("max(T,S)"), parse_dim("S")));
  EXPECT_FALSE(surely_at_least(parse_dim("S"), parse_dim("max(512,S)")));
  EXPECT_EQ(max(parse_dim("S"), parse_dim("min(512,S)")), parse_dim("S"));
  EXPECT_EQ(min(parse_dim("2*S+1"), parse_dim("max(2*S+1,T)")), parse_dim("2*S+1"));
}

TEST(Dim, expressions_that_share_their_parts_take_linear_time) {
  auto nested = [](const char* symbol) {
    Dim d = Dim::symbol(symbol);
    for (int i = 0; i < 200; ++i) d = max(d - Dim::symbol("T"), min(d + 3, Dim::symbol("T") + i));
    return d;
  };
  Dim d = nested("N");
  EXPECT_EQ(d, nested("N"));
  EXPECT_FALSE(d == nested("M"));
  EXPECT_LT(to_text(d).size(), 600U);
  int64_t expected = 1;
  for (int i = 0; i < 200; ++i) expected = std::max(expected - 5, std::min(expected + 3, int64_t(5 + i)));
  EXPECT_EQ(d.at({{"N", 1}, {"T", 5}}), expected);
  std::map<std::string, int> symbols;
  d.symbols(symbols);
  EXPECT_EQ(symbols.size(), 2U);
  EXPECT_THROW(parse_dim(to_text(d)), Error);
}

TEST(Dim, nesting_without_end_is_refused) {
  Dim d = Dim::symbol("N");
  EXPECT_THROW(for (int i = 0; i < 100000; ++i) d = max(d - 1, Dim::symbol("T")), Error);
}

TEST(Dim, sizes_that_overflow_are_refused) {
  Dim big = int64_t(1) << 62;
  EXPECT_THROW(big * 4, Error);
  EXPECT_THROW(big + big, Error);
  EXPECT_THROW((Dim::symbol("N") * big).at({{"N", 4}}), Error);
}

TEST(Dim, an_unbound_symbol_is_named) {
  try {
    Dim::symbol("batch").at({});
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "TN105: no value is bound to the dimension 'batch'");
  }
}

}  // namespace
}  // namespace tenon
