#include "ops/shuffle/shuffle.h"

#include <algorithm>

#include "ops/known.h"

namespace tenon {

OP(Shuffle, shuffle)

void Shuffle::fields(FieldVisitor& v) {
  v("first", first, {});
  v("reshapes", reshapes, false);
  v("shape", shape, {});
  v("from_operand", from_operand, false);
  v("allow_zero", allow_zero, false);
  v("second", second, {});
}

TensorType Shuffle::transposed(const TensorType& x, const std::vector<int64_t>& permutation) const {
  if (permutation.empty()) return x;
  Type type = x;
  Inputs::Operand operand{&type, nullptr};
  return std::get<TensorType>(Transpose(permutation).infer(Inputs({&operand, 1}))[0]);
}

Types Shuffle::infer(const Inputs& in) const {
  bool with_target = reshapes && from_operand;
  in.check_count(1 + with_target, 1 + with_target);
  in.check_element(0, plain_types, "x");
  check(reshapes || (shape.empty() && !from_operand), "there is a target shape, and no reshape");
  Type middle = transposed(in[0], first);
  if (reshapes) {
    Reshape op(shape);
    op.from_operand = from_operand;
    op.allow_zero = allow_zero;
    Type target = with_target ? Type(in[1]) : middle;
    Inputs::Operand operands[] = {{&middle, nullptr}, {&target, with_target ? in.contents(1) : nullptr}};
    Types made = op.infer(Inputs({operands, size_t(1 + with_target)}));
    middle = made[0];
  }
  return {transposed(std::get<TensorType>(middle), second)};
}

std::optional<Contents> Shuffle::contents(const Inputs& in) const {
  bool list = in[0].rank() <= 1 && std::get<TensorType>(infer(in)[0]).rank() <= 1;  // nothing moves
  return list && in.contents(0) ? std::optional(*in.contents(0)) : std::nullopt;
}

// The first transpose into memory of its own; a reshape moves nothing; the second one from there.
void Shuffle::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  auto strides_after = [](const Extents& from, const std::vector<int64_t>& permutation) {
    Extents strides = strides_of(from), moved = strides;
    for (size_t i = 0; i < permutation.size(); ++i) moved[int(i)] = strides[axis_of(permutation[i], from.rank)];
    return moved;
  };
  Extents turned = x.extents, target = out[0].extents;  // before and after the reshape
  for (size_t i = 0; i < first.size(); ++i) turned[int(i)] = x[axis_of(first[i], x.rank())];
  for (size_t i = 0; i < second.size(); ++i) target[axis_of(second[i], target.rank)] = out[0][int(i)];
  int64_t bytes = size_bytes(x.element), count = out[0].count();
  check(turned.count() == count, "cannot see ", turned, " as ", target);
  std::vector<std::byte> middle(static_cast<size_t>(checked_mul(count, bytes)));
  auto move = [&](const std::byte* from, std::byte* to, const Extents& extents, const Extents& strides) {
    Walk<1> walk(extents, {strides});
    for (int64_t i = 0; i < count; ++i, walk.next()) std::copy_n(from + walk.offset(0) * bytes, bytes, to + i * bytes);
  };
  move(x.as<std::byte>(), middle.data(), turned, strides_after(x.extents, first));
  move(middle.data(), out[0].as<std::byte>(), out[0].extents, strides_after(target, second));
}

}  // namespace tenon
