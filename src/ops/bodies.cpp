#include "ops/bodies.h"

#include <algorithm>

namespace tenon {

static void add_symbols(std::set<std::string>& to, const Shape& dims) {
  std::map<std::string, int> symbols;
  for (const Dim& d : dims) d.symbols(symbols);
  for (const auto& [name, count] : symbols) to.insert(name);
}

BodyTypes::BodyTypes(const Inputs& in) : in_(in) {
  for (int i = 0; i < in.size(); ++i) {
    add_symbols(outside_, in[i].shape);
    if (in.contents(i)) add_symbols(outside_, *in.contents(i));
  }
}

void BodyTypes::check_operand(int i, const Node& input) const {
  const TensorType &given = in_[i], &wanted = input.output().type();
  bool fits = given.element == wanted.element && given.rank() == wanted.rank();
  for (size_t d = 0; fits && d < given.shape.size(); ++d)
    fits = !given.shape[d].known() || !wanted.shape[d].known() || given.shape[d] == wanted.shape[d];
  check(fits, "operand ", i, " is ", given, ", '", input.output().name, "' of the body is ", wanted);
}

bool BodyTypes::known_outside(const Dim& d) const {
  std::map<std::string, int> symbols;
  d.symbols(symbols);
  return std::all_of(symbols.begin(), symbols.end(), [&](const auto& s) { return outside_.contains(s.first); });
}

TensorType BodyTypes::joined(const TensorType& a, const TensorType& b, NextLate next) const {
  check(a.element == b.element && a.rank() == b.rank(), ErrorId::unsupported, "a result is ", a, " or ", b,
        ", of one type and rank alone it can be");
  TensorType type{a.element, {}};
  for (size_t d = 0; d < a.shape.size(); ++d)
    type.shape.push_back(a.shape[d] == b.shape[d] && known_outside(a.shape[d]) ? a.shape[d] : next());
  return type;
}

}  // namespace tenon
