// Pointwise operators.
#include <cmath>

#include "onnx/import.h"
#include "ops/bit_cast/bit_cast.h"
#include "ops/bitwise/bitwise.h"
#include "ops/cast/cast.h"
#include "ops/constant/constant.h"
#include "ops/elementwise/elementwise.h"
#include "ops/select/select.h"
#include "ops/unary/unary.h"

namespace tenon::onnx {

namespace {

void unary(NodeImport& n, const char* name) {
  check(n.input_count() == 1, ErrorId::onnx_invalid, "takes one operand, found ", n.input_count());
  n.out(n.add(Unary(name), {&n.in(0)}));
}
void binary(NodeImport& n, const char* name) {
  check(n.input_count() == 2, ErrorId::onnx_invalid, "takes two operands, found ", n.input_count());
  n.out(n.add(Elementwise(name), {&n.in(0), &n.in(1)}));
}
void parametric(NodeImport& n, const char* name, double alpha, double beta) {
  Unary op(name);
  op.alpha = n.floating("alpha", alpha);
  op.beta = n.floating(std::string_view(name) == "selu" ? "gamma" : "beta", beta);
  n.out(n.add(op, {&n.in(0)}));
}
void with_alpha(NodeImport& n, const char* name, double alpha) {
  n.out(n.add(Unary(name, n.floating("alpha", alpha)), {&n.in(0)}));
}

// Any number of operands, combined from left to right.
Value& combined(NodeImport& n, const char* name) {
  Value* total = &n.in(0);
  for (int i = 1; i < n.input_count(); ++i) total = &n.binary(name, *total, n.in(i));
  return *total;
}

void mean(NodeImport& n) {
  Value& total = combined(n, "add");
  n.out(n.binary("div", total, n.number(n.input_count(), n.tensor(total).element)));
}

// y = x - bias above lambd, x + bias below -lambd, 0 between. Integers are compared with fractions: by way of f64.
void shrink(NodeImport& n) {
  ElementType type = n.tensor(n.in(0)).element;
  check(!(type == ElementType::i64 || type == ElementType::u64), ErrorId::unsupported_type,
        "64-bit integers are not supported");
  ElementType wide = integer_types.contains(type) ? ElementType::f64 : type;
  double lambd = n.floating("lambd", 0.5), bias = n.floating("bias", 0);
  Value& x = n.cast(n.in(0), wide);
  Value &low = n.binary("less", x, n.number(-lambd, wide)), &high = n.binary("greater", x, n.number(lambd, wide));
  Value &raised = n.binary("add", x, n.number(bias, wide)), &lowered = n.binary("sub", x, n.number(bias, wide));
  Value& above = n.add(Select(), {&high, &lowered, &n.number(0, wide)});
  n.out(n.cast(n.add(Select(), {&low, &raised, &above}), type));
}

void swish(NodeImport& n) {
  Value& x = n.in(0);
  double alpha = n.floating("alpha", 1);
  Value& scaled = alpha == 1 ? x : n.binary("mul", x, n.number(alpha, n.tensor(x).element));
  n.out(n.binary("mul", x, n.unary("sigmoid", scaled)));
}

// Bounds as attributes until opset 10, as operands since 11.
void clip(NodeImport& n) {
  Value* x = &n.in(0);
  if (n.opset() < 11) {
    Unary op("clip", n.floating("min", -INFINITY), n.floating("max", INFINITY));
    return n.out(n.add(op, {x}));
  }
  if (n.has(1)) x = &n.add(Elementwise("max"), {x, &n.in(1)});
  if (n.has(2)) x = &n.add(Elementwise("min"), {x, &n.in(2)});
  n.out(*x);
}

void power(NodeImport& n) {
  ElementType e = n.tensor(n.in(0)).element;
  Value& exponent = n.in(1);
  if (n.tensor(exponent).element == e) return n.out(n.add(Elementwise("pow"), {&n.in(0), &exponent}));
  bool fractional = float_types.contains(n.tensor(exponent).element) && integer_types.contains(e);
  ElementType wide = fractional ? ElementType::f64 : e;  // an integer to a fractional power
  Value& x = fractional ? n.add(Cast(wide), {&n.in(0)}) : n.in(0);
  Value& y = n.add(Elementwise("pow"), {&x, &n.add(Cast(wide), {&exponent})});
  n.out(fractional ? n.add(Cast(e), {&y}) : y);
}

void gelu(NodeImport& n) {
  std::string how = n.text("approximate", "none");
  check(how == "none" || how == "tanh", ErrorId::onnx_invalid, "approximate is none or tanh, found '", how, "'");
  n.out(n.unary(how == "tanh" ? "gelu_tanh" : "gelu_erf", n.in(0)));
}

void is_inf(NodeImport& n) {
  Unary op("is_inf", double(n.integer("detect_negative", 1)), double(n.integer("detect_positive", 1)));
  n.out(n.add(op, {&n.in(0)}));
}

void cast(NodeImport& n) {
  ElementType to = element_of(int32_t(n.required_integer("to")));
  n.integer("saturate", 1);  // of float8 targets only
  n.text("round_mode", "up");
  n.out(n.add(Cast(to), {&n.in(0)}));
}
void cast_like(NodeImport& n) {
  n.integer("saturate", 1);
  n.text("round_mode", "up");
  n.out(n.add(Cast(n.tensor(n.in(1)).element), {&n.in(0)}));
}

void bit_shift(NodeImport& n) {
  std::string direction = n.text("direction", "");
  check(direction == "LEFT" || direction == "RIGHT", ErrorId::onnx_invalid, "direction is '", direction, "'");
  n.out(n.add(Bitwise(direction == "LEFT" ? "shift_left" : "shift_right"), {&n.in(0), &n.in(1)}));
}

#define UNARY(type, name)                       \
  {                                             \
    type, [](NodeImport& n) { unary(n, name); } \
  }
#define BINARY(type, name)                       \
  {                                              \
    type, [](NodeImport& n) { binary(n, name); } \
  }
const Import table[] = {
    UNARY("Abs", "abs"),
    UNARY("Neg", "neg"),
    UNARY("Sign", "sign"),
    UNARY("Exp", "exp"),
    UNARY("Log", "log"),
    UNARY("Sqrt", "sqrt"),
    UNARY("Reciprocal", "recip"),
    UNARY("Sin", "sin"),
    UNARY("Cos", "cos"),
    UNARY("Tan", "tan"),
    UNARY("Sinh", "sinh"),
    UNARY("Cosh", "cosh"),
    UNARY("Asin", "asin"),
    UNARY("Acos", "acos"),
    UNARY("Atan", "atan"),
    UNARY("Asinh", "asinh"),
    UNARY("Acosh", "acosh"),
    UNARY("Atanh", "atanh"),
    UNARY("Ceil", "ceil"),
    UNARY("Floor", "floor"),
    UNARY("Round", "round"),
    UNARY("Erf", "erf"),
    {"Not", [](NodeImport& n) { unary(n, "not"); }, 1},
    UNARY("Relu", "relu"),
    UNARY("Sigmoid", "sigmoid"),
    UNARY("Tanh", "tanh"),
    UNARY("Softsign", "softsign"),
    UNARY("Softplus", "softplus"),
    UNARY("HardSwish", "hard_swish"),
    UNARY("Mish", "mish"),
    UNARY("IsNaN", "is_nan"),
    {"IsInf", is_inf},
    {"LeakyRelu", [](NodeImport& n) { with_alpha(n, "leaky_relu", 0.01); }},
    {"Elu", [](NodeImport& n) { with_alpha(n, "elu", 1); }},
    {"Celu", [](NodeImport& n) { with_alpha(n, "celu", 1); }},
    {"ThresholdedRelu", [](NodeImport& n) { with_alpha(n, "thresholded_relu", 1); }},
    {"Selu", [](NodeImport& n) { parametric(n, "selu", 1.67326319217681884765625, 1.05070102214813232421875); }},
    {"HardSigmoid", [](NodeImport& n) { parametric(n, "hard_sigmoid", 0.2, 0.5); }},
    {"Gelu", gelu},
    {"Shrink", shrink},
    {"Swish", swish},
    {"Clip", clip},
    BINARY("Add", "add"),
    BINARY("Sub", "sub"),
    BINARY("Mul", "mul"),
    BINARY("Div", "div"),
    BINARY("PRelu", "prelu"),
    BINARY("And", "and"),
    BINARY("Or", "or"),
    BINARY("Xor", "xor"),
    BINARY("Equal", "equal"),
    BINARY("Less", "less"),
    BINARY("LessOrEqual", "less_equal"),
    BINARY("Greater", "greater"),
    BINARY("GreaterOrEqual", "greater_equal"),
    {"Mod", [](NodeImport& n) { binary(n, n.integer("fmod", 0) ? "fmod" : "mod"); }},
    {"Pow", power},
    {"Max", [](NodeImport& n) { n.out(combined(n, "max")); }},
    {"Min", [](NodeImport& n) { n.out(combined(n, "min")); }},
    {"Sum", [](NodeImport& n) { n.out(combined(n, "add")); }},
    {"Mean", mean},
    {"BitwiseAnd",
     [](NodeImport& n) {
       n.out(n.add(Bitwise("bit_and"), {&n.in(0), &n.in(1)}));
     }},
    {"BitwiseOr",
     [](NodeImport& n) {
       n.out(n.add(Bitwise("bit_or"), {&n.in(0), &n.in(1)}));
     }},
    {"BitwiseXor",
     [](NodeImport& n) {
       n.out(n.add(Bitwise("bit_xor"), {&n.in(0), &n.in(1)}));
     }},
    {"BitwiseNot", [](NodeImport& n) { n.out(n.add(Bitwise("bit_not"), {&n.in(0)})); }},
    {"BitShift", bit_shift},
    {"BitCast",
     [](NodeImport& n) { n.out(n.add(BitCast(element_of(int32_t(n.required_integer("to")))), {&n.in(0)})); }},
    {"Cast", cast},
    {"CastLike", cast_like},
};

}  // namespace

const Imports import_math = table;

}  // namespace tenon::onnx
