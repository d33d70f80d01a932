// Text of types, and the shape computations that many ops share.
#include "ir/type.h"

#include <algorithm>

namespace tenon {

std::string to_text(const TensorType& type) { return concat(type.element, type.shape); }

std::string to_text(const Type& type) {
  if (auto* t = std::get_if<TensorType>(&type)) return to_text(*t);
  if (auto* s = std::get_if<SequenceType>(&type)) return concat("sequence(", s->item, ")");
  if (auto* o = std::get_if<OptionalType>(&type)) return concat("optional(", o->item, ")");
  const MapType& m = std::get<MapType>(type);
  return concat("map(", m.key, ",", m.item, ")");
}

TensorType parse_type(std::string_view s) {
  size_t open = s.find('[');
  check(open != s.npos && s.back() == ']', ErrorId::text_malformed, "expected a type such as f32[N,3], found '", s,
        "'");
  TensorType type{parse_element(s.substr(0, open)), {}};
  s = s.substr(open + 1, s.size() - open - 2);
  while (!s.empty()) {
    int depth = 0;
    size_t end = 0;
    for (; end < s.size() && (s[end] != ',' || depth > 0); ++end) depth += (s[end] == '(') - (s[end] == ')');
    type.shape.push_back(parse_dim(s.substr(0, end)));
    check(end + 1 != s.size(), ErrorId::text_malformed, "a type ends with ','");
    s.remove_prefix(std::min(end + 1, s.size()));
  }
  check(type.rank() <= Extents::max_rank, ErrorId::limit_exceeded, "rank ", type.rank(), " exceeds ",
        Extents::max_rank);
  return type;
}

int axis_of(int64_t axis, int rank) {
  check(-rank <= axis && axis < rank, "axis ", axis, " is out of range for rank ", rank);
  return int(axis < 0 ? axis + rank : axis);
}

std::vector<int> axes_of(const std::vector<int64_t>& axes, int rank) {
  std::vector<int> result;
  for (int64_t a : axes) result.push_back(axis_of(a, rank));
  std::sort(result.begin(), result.end());
  auto twice = std::adjacent_find(result.begin(), result.end());
  check(twice == result.end(), "axis ", twice == result.end() ? 0 : *twice, " is listed twice");
  return result;
}

// Two different symbols may turn out equal, or one of them 1: neither is known, so the larger is taken, or 0 if there
// is one, and the kernel checks. A known extent above 1 wins over a symbol, which must then be equal to it or 1.
Shape broadcast(const Shape& a, const Shape& b) {
  if (a.size() < b.size()) return broadcast(b, a);
  Shape result = a;
  size_t lead = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i) {
    Dim& mine = result[lead + i];
    const Dim& other = b[i];
    if (mine == other || other.is(1)) continue;
    if (mine.is(1)) mine = other;
    else if (mine.known() && other.known())
      fail(ErrorId::invalid_argument, "cannot broadcast ", a, " with ", b, ": ", mine, " against ", other);
    else if (other.known()) mine = other;
    else if (!mine.known()) mine = max(mine, other) * min(1, min(mine, other));
  }
  return result;
}

}  // namespace tenon
