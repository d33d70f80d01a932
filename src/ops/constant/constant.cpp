#include "ops/constant/constant.h"

#include <cstring>

namespace tenon {

OP(Constant, constant)

Types Constant::infer(const Inputs& in) const {
  in.check_count(0, 0);
  check(data != nullptr, "has no data");
  TensorType type{data->element, {}};
  for (int64_t d : data->extents) type.shape.push_back(d);
  return {type};
}

std::optional<Contents> Constant::contents(const Inputs&) const {
  int64_t count = data->extents.count();
  constexpr ElementSet known = ElementType::i64 | ElementType::i32 | ElementType::boolean;
  if (count > max_contents || !known.contains(data->element)) return {};
  Contents list;
  for (int64_t i = 0; i < count; ++i)
    list.push_back(load_scalar(data->data + i * size_bytes(data->element), data->element).i);
  return list;
}

void Constant::evaluate(ConstViews, Views out) const { std::memcpy(out[0].data, data->data, size_t(data->bytes())); }

Weights constant_of(const Value& value) {
  const Constant* c = as<Constant>(value);
  return c ? c->data : nullptr;
}

}  // namespace tenon
