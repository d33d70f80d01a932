// An extent: a number, or an expression over symbols. Binding gives symbols their numbers.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/extents.h"

namespace tenon {

using Binding = std::map<std::string, int64_t, std::less<>>;

struct Range {
  int64_t low, high;
  bool operator==(const Range&) const = default;
};
using Ranges = std::map<std::string, Range, std::less<>>;  // of symbols; an unlisted one may be anything from 0 up

// Polynomials over atoms: symbols (never negative), floor quotients, maxima and minima. Always in one canonical form,
// so that equal texts mean equal extents; unequal ones may still be equal where the algebra does not see it.
class Dim {
 public:
  Dim(int64_t known = 0) : known_(known) {}
  static Dim symbol(std::string name);

  bool known() const { return !sum_; }
  int64_t value() const;  // of a known extent
  bool is(int64_t value) const { return known() && known_ == value; }
  int64_t at(const Binding& binding) const;
  Range range(const Ranges& ranges) const;  // bounds by interval arithmetic: never too narrow
  void symbols(std::map<std::string, int>& counts) const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  friend Dim floor_div(const Dim& a, const Dim& b);  // rounds down; refuses a known 0
  friend Dim ceil_div(const Dim& a, const Dim& b);
  friend Dim max(const Dim& a, const Dim& b);
  friend Dim min(const Dim& a, const Dim& b);
  bool operator==(const Dim& other) const;
  friend bool surely_at_least(const Dim& a, const Dim& b);
  friend std::string to_text(const Dim& d);  // 2*N+1, div(H+1,2), max(T-3,0); #… for a part of over 256 letters

 private:
  struct Sum;
  struct Atom;
  struct Algebra;
  int64_t known_ = 0;
  std::shared_ptr<const Sum> sum_;  // null: known
};

// True where a >= b for all symbols from 0 up; false means not known.
bool surely_at_least(const Dim& a, const Dim& b);

using Shape = std::vector<Dim>;

Extents at(const Shape& shape, const Binding& binding);
bool all_known(const Shape& shape);
Dim count(const Shape& shape);
// A symbol's name made of any text: letters that the text form of extents could mistake are replaced.
std::string symbol_name(std::string_view text);
Dim parse_dim(std::string_view text);
std::string to_text(const Shape& shape);  // [N,64,div(H+1,2)]

}  // namespace tenon
