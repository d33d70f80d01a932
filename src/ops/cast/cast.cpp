#include "ops/cast/cast.h"

#include "ops/known.h"
#include "ops/pointwise.h"

namespace tenon {

OP(Cast, cast)

void Cast::fields(FieldVisitor& v) {
  static const char* const modes[] = {"up", "down", "nearest"};
  v("to", to);
  v("saturate", saturate, true);
  v("round_mode", round_mode, modes, PowerRound::up);
}

Types Cast::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, plain_types, "x");
  check(plain_types.contains(to), ErrorId::unsupported_type, "cannot cast to ", to);
  return {TensorType{to, in[0].shape}};
}

std::optional<Contents> Cast::contents(const Inputs& in) const {
  const Contents* x = in.contents(0);
  if (!x || !(to == ElementType::i64 || to == ElementType::i32)) return {};
  return *x;
}

// Expressions know no fields; a cast to the same type, which they drop, still saturates infinities.
std::optional<Term> Cast::pointwise(Terms in) const {
  bool plain = saturate && round_mode == PowerRound::up && in[0].type() != to;
  if (small_types.contains(to) && !plain) return {};
  return tenon::cast(in[0], to);
}

void Cast::evaluate(ConstViews in, Views out) const {
  if (!small_types.contains(to)) return evaluate_pointwise(*this, in, out[0]);
  check_extents(*this, in, out);
  ElementType from = in[0].element;
  const std::byte* x = in[0].as<std::byte>();
  for (int64_t i = 0, count = out[0].count(), step = size_bytes(from); i < count; ++i) {
    Scalar y = cast_scalar(load_scalar(x + i * step, from), from, to, {saturate, round_mode});
    store_scalar(out[0].as<std::byte>() + i, to, y);
  }
}

}  // namespace tenon
