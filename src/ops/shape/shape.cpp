#include "ops/shape/shape.h"

#include <algorithm>

namespace tenon {

OP(ShapeOf, shape)

std::pair<int, int> ShapeOf::axes(int rank) const {
  auto clamped = [&](int64_t axis) { return int(std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank)); };
  int first = clamped(start);
  return {first, std::max(first, clamped(end))};
}

Types ShapeOf::infer(const Inputs& in) const {
  in.check_count(1, 1);
  auto [first, past] = axes(in[0].rank());
  return {TensorType{ElementType::i64, {past - first}}};
}

std::optional<Contents> ShapeOf::contents(const Inputs& in) const {
  auto [first, past] = axes(in[0].rank());
  return Contents(in[0].shape.begin() + first, in[0].shape.begin() + past);
}

void ShapeOf::evaluate(ConstViews in, Views out) const {
  auto [first, past] = axes(in[0].rank());
  for (int i = first; i < past; ++i) out[0].as<int64_t>()[i - first] = in[0][i];
}

}  // namespace tenon
