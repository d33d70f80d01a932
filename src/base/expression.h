// The one language of pointwise arithmetic: ops write it; clusters, epilogues and code generators read it.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/small_floats.h"

namespace tenon {

// Arithmetic runs in f32, f64, i64, u64 or bool; other types occur only where they are loaded or cast to.
// Integers wrap at 64 bits and are wrapped further by a cast; float to integer truncates and saturates, NaN gives 0.
enum class Opcode : uint8_t {
  input,
  number,
  cast,
  add,
  sub,
  mul,
  div,
  floor_div,
  fmod,
  pow,
  max,
  min,
  neg,
  abs,
  sign,
  exp,
  log,
  sqrt,
  sin,
  cos,
  tan,
  sinh,
  cosh,
  tanh,
  asin,
  acos,
  atan,
  asinh,
  acosh,
  atanh,
  erf,
  floor,
  ceil,
  round,
  is_nan,
  is_inf,
  equal,
  less,
  less_equal,
  logical_not,
  logical_and,
  logical_or,
  logical_xor,
  select,
};
const char* name_of(Opcode code);
bool takes_one(Opcode code);  // operand (cast included)
bool takes_two(Opcode code);  // operands

struct Instruction {  // SSA: a, b, c are indices of earlier instructions; for `input`, a is its number
  Opcode code = Opcode::input;
  ElementType type = ElementType::f32;  // of the result
  int a = -1, b = -1, c = -1;
  double number = 0;  // of `number`; integers up to 2^53
  bool operator==(const Instruction&) const = default;
};

struct Expression {
  std::vector<Instruction> list;
  int result = -1;  // index of the instruction whose value this is
};

// A handle on an instruction; arithmetic on terms appends to the expression they belong to, once for equal terms.
struct Term {
  Expression* owner = nullptr;
  int index = -1;
  ElementType type() const { return owner->list[size_t(index)].type; }
};

Term input(Expression& e, int number, ElementType type);
Term number(Term like, double value);  // of like's type
Term cast(Term a, ElementType type);
Term unary(Opcode code, Term a);
Term binary(Opcode code, Term a, Term b);
Term select(Term condition, Term yes, Term no);

inline Term operator+(Term a, Term b) { return binary(Opcode::add, a, b); }
inline Term operator-(Term a, Term b) { return binary(Opcode::sub, a, b); }
inline Term operator*(Term a, Term b) { return binary(Opcode::mul, a, b); }
inline Term operator/(Term a, Term b) { return binary(Opcode::div, a, b); }
inline Term operator+(Term a, double b) { return a + number(a, b); }
inline Term operator-(Term a, double b) { return a - number(a, b); }
inline Term operator*(Term a, double b) { return a * number(a, b); }
inline Term operator/(Term a, double b) { return a / number(a, b); }
inline Term operator+(double a, Term b) { return number(b, a) + b; }
inline Term operator-(double a, Term b) { return number(b, a) - b; }
inline Term operator*(double a, Term b) { return number(b, a) * b; }
inline Term operator/(double a, Term b) { return number(b, a) / b; }
inline Term operator-(Term a) { return unary(Opcode::neg, a); }
inline Term max(Term a, Term b) { return binary(Opcode::max, a, b); }  // NaN if either is
inline Term min(Term a, Term b) { return binary(Opcode::min, a, b); }
inline Term max(Term a, double b) { return max(a, number(a, b)); }
inline Term min(Term a, double b) { return min(a, number(a, b)); }
inline Term exp(Term a) { return unary(Opcode::exp, a); }
inline Term log(Term a) { return unary(Opcode::log, a); }
inline Term sqrt(Term a) { return unary(Opcode::sqrt, a); }
inline Term tanh(Term a) { return unary(Opcode::tanh, a); }
inline Term erf(Term a) { return unary(Opcode::erf, a); }
inline Term abs(Term a) { return unary(Opcode::abs, a); }
inline Term operator<(Term a, Term b) { return binary(Opcode::less, a, b); }
inline Term operator<=(Term a, Term b) { return binary(Opcode::less_equal, a, b); }
inline Term equal(Term a, Term b) { return binary(Opcode::equal, a, b); }

// The type that arithmetic on elements of `type` runs in.
ElementType compute_type(ElementType type);

// One number of any element type: floats as double, signed integers and bool as i64, unsigned as u64. Storing rounds,
// to infinity or NaN where that is what the type has; a cast to a small type does as `narrow` says.
union Scalar {
  double f;
  int64_t i;
  uint64_t u;
};
Scalar load_scalar(const void* from, ElementType type);
void store_scalar(void* to, ElementType type, Scalar value);
Scalar cast_scalar(Scalar value, ElementType from, ElementType to, Narrow narrow = {});

// The meaning that kernels must match. Transcendentals are computed in double and rounded once.
Scalar apply(const Instruction& at, ElementType operand_type, Scalar a, Scalar b, Scalar c);
Scalar evaluate(const Expression& e, std::span<const Scalar> inputs);

std::string to_text(const Expression& e);  // "%2 = add.f32 %0 %1; …": for explain and tests

}  // namespace tenon
