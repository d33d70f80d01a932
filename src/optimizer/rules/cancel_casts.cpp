// Casts that do nothing, and pairs of them whose detour loses nothing.
#include "ops/cast/cast.h"
#include "optimizer/rules/rules.h"

namespace tenon {

namespace {

// What a type's numbers need: bits of their significand, bits of their exponent (0: integers), and a sign.
struct Range {
  int digits, exponent;
  bool sign;
};

Range range_of(ElementType e) {
  switch (e) {
    case ElementType::f16: return {11, 5, true};
    case ElementType::bf16: return {8, 8, true};
    case ElementType::f32: return {24, 8, true};
    case ElementType::f64: return {53, 11, true};
    case ElementType::boolean: return {1, 0, false};
    default: {
      bool sign = signed_types.contains(e);
      return {int(size_bytes(e)) * 8 - sign, 0, sign};
    }
  }
}

// Every value of `narrow` is one of `wide`.
bool holds(ElementType wide, ElementType narrow) {
  if (wide == narrow) return true;
  if (wide == ElementType::boolean) return false;
  Range w = range_of(wide), n = range_of(narrow);
  if (n.exponent > w.exponent || (n.sign && !w.sign)) return false;
  return n.digits <= w.digits;
}

// cast(x) -> x, where it has the type already
Verdict drop_cast(Rewriter& rw, Node& cast) {
  if (cast.input(0).element() != cast.output().element()) return no("the type changes");
  if (as<Cast>(cast)->saturate && cast.output().element() == ElementType::f8e5m2) return no("it saturates infinities");
  return rw.replace(cast, cast.input(0));
}

// cast(cast(x, wide), to) -> cast(x, to)
Verdict merge_casts(Rewriter& rw, Node& outer) {
  Node* inner = producer<Cast>(outer, 0);
  if (!inner) return no("input is not a cast");
  ElementType from = inner->input(0).element(), between = inner->output().element(), to = outer.output().element();
  if (small_types.contains(from) || small_types.contains(between)) return no("a small type is cast");
  if (!holds(between, from)) return no("the type in between does not hold every value");
  // Integers wrap where floats saturate, so the detour over a float shows when the last type is too narrow.
  bool over_floats = float_types.contains(between) && !float_types.contains(from);
  bool to_few_bits = small_signed_types.contains(to) || small_unsigned_types.contains(to);
  bool may_overflow = to_few_bits || (integer_types.contains(to) && !holds(to, from));
  if (over_floats && may_overflow) return no("floats saturate where integers wrap");
  return rw.replace(outer, rw.add(*as<Cast>(outer), {&inner->input(0)}));
}

const Rule rules[] = {{"drop_cast", "cast", drop_cast}, {"merge_casts", "cast", merge_casts}};

}  // namespace

const Rules cancel_casts = rules;

}  // namespace tenon
