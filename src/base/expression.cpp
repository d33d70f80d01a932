// Building pointwise expressions, and their names.
#include "base/expression.h"

#include <array>

namespace tenon {

namespace {
constexpr std::array names{"input", "number", "cast",       "add",  "sub",   "mul",  "div",   "floor_div", "fmod",
                           "pow",   "max",    "min",        "neg",  "abs",   "sign", "exp",   "log",       "sqrt",
                           "sin",   "cos",    "tan",        "sinh", "cosh",  "tanh", "asin",  "acos",      "atan",
                           "asinh", "acosh",  "atanh",      "erf",  "floor", "ceil", "round", "is_nan",    "is_inf",
                           "equal", "less",   "less_equal", "not",  "and",   "or",   "xor",   "select"};
static_assert(names.size() == size_t(Opcode::select) + 1);

Term append(Expression& e, const Instruction& i) {
  for (size_t k = 0; k < e.list.size(); ++k)
    if (e.list[k] == i) return {&e, e.result = int(k)};
  e.list.push_back(i);
  return {&e, e.result = int(e.list.size()) - 1};
}
}  // namespace

const char* name_of(Opcode code) { return names[size_t(code)]; }
bool takes_two(Opcode code) {
  return (code >= Opcode::add && code <= Opcode::min) || (code >= Opcode::equal && code <= Opcode::less_equal) ||
         (code >= Opcode::logical_and && code <= Opcode::logical_xor);
}
bool takes_one(Opcode code) {
  return code == Opcode::cast || code == Opcode::logical_not || (code >= Opcode::neg && code <= Opcode::is_inf);
}

ElementType compute_type(ElementType type) {
  if (type == ElementType::f64 || type == ElementType::boolean) return type;
  if (any_float_types.contains(type)) return ElementType::f32;
  return any_signed_types.contains(type) ? ElementType::i64 : ElementType::u64;
}

Term input(Expression& e, int number, ElementType type) {
  return append(e, {.code = Opcode::input, .type = type, .a = number});
}
Term number(Term like, double value) {
  return append(*like.owner, {.code = Opcode::number, .type = like.type(), .number = value});
}
Term cast(Term a, ElementType type) {
  if (a.type() == type) return a.owner->result = a.index, a;
  return append(*a.owner, {.code = Opcode::cast, .type = type, .a = a.index});
}

static void check_computes(Term a) {
  check(compute_type(a.type()) == a.type(), ErrorId::internal, "arithmetic on ", a.type(), " without a cast");
}

Term unary(Opcode code, Term a) {
  check_computes(a);
  bool answers = code == Opcode::is_nan || code == Opcode::is_inf || code == Opcode::logical_not;
  return append(*a.owner, {.code = code, .type = answers ? ElementType::boolean : a.type(), .a = a.index});
}
Term binary(Opcode code, Term a, Term b) {
  check_computes(a);
  check(a.type() == b.type(), ErrorId::internal, name_of(code), " of ", a.type(), " and ", b.type());
  ElementType type = code >= Opcode::equal && code <= Opcode::less_equal ? ElementType::boolean : a.type();
  return append(*a.owner, {.code = code, .type = type, .a = a.index, .b = b.index});
}
Term select(Term condition, Term yes, Term no) {
  check(condition.type() == ElementType::boolean && yes.type() == no.type(), ErrorId::internal, "select of ",
        condition.type(), ", ", yes.type(), ", ", no.type());
  return append(*yes.owner,
                {.code = Opcode::select, .type = yes.type(), .a = condition.index, .b = yes.index, .c = no.index});
}

std::string to_text(const Expression& e) {
  std::string text;
  for (size_t i = 0; i < e.list.size(); ++i) {
    const Instruction& at = e.list[i];
    text += concat(i ? "; %" : "%", i, " = ", name_of(at.code), ".", at.type);
    if (at.code == Opcode::number) text += concat(" ", at.number);
    else if (at.code == Opcode::input) text += concat(" ", at.a);
    else
      for (int operand : {at.a, at.b, at.c})
        if (operand >= 0) text += concat(" %", operand);
  }
  return text;
}

}  // namespace tenon
