#include "ops/reshape/reshape.h"

#include "ops/copy.h"

namespace tenon {

OP(Reshape, reshape)

Types Reshape::infer(const Inputs& in) const {
  in.check_count(1 + from_operand, 1 + from_operand);
  Shape target = shape;
  if (from_operand) {
    in.check_element(1, ElementType::i64 | ElementType::i32, "the target shape");
    check(in[1].rank() == 1, "the target shape is ", in[1], ", expected a list");
    check(in.contents(1), ErrorId::not_known, "the target shape is not known until run time");
    target = *in.contents(1);
  }
  const Shape& from = in[0].shape;
  int open = -1;
  Dim rest = count(from), made = 1;
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i].is(0) && !allow_zero) {
      check(i < from.size(), "extent ", i, " copies beyond rank ", from.size());
      target[i] = from[i];
    }
    if (target[i].is(-1)) {
      check(open < 0, "two extents of ", target, " are -1");
      open = int(i);
    } else {
      check(!target[i].known() || target[i].value() >= 0, "extent ", i, " of ", target, " is negative");
      made = made * target[i];
    }
  }
  if (open >= 0) {
    check(!made.is(0), "cannot tell what -1 stands for in ", target, ": other extents are 0");
    target[size_t(open)] = floor_div(rest, made);
    made = made * target[size_t(open)];
  }
  bool surely_differ = made.known() && rest.known() && !(made == rest);
  check(!surely_differ, "element counts differ: ", in[0], " and ", target);
  return {TensorType{in[0].element, target}};
}

std::optional<Contents> Reshape::contents(const Inputs& in) const {
  return in.contents(0) ? std::optional(*in.contents(0)) : std::nullopt;
}

void Reshape::evaluate(ConstViews in, Views out) const { copy_elements(in[0], out[0]); }

}  // namespace tenon
