// Quantized numbers: to them, from them, and arithmetic on them as a composition in wider types that is exact.
#include "onnx/import_window.h"
#include "ops/dequantize/dequantize.h"
#include "ops/elementwise/elementwise.h"
#include "ops/matmul/matmul.h"
#include "ops/quantize/quantize.h"
#include "ops/reduce/reduce.h"

namespace tenon::onnx {

namespace {

ElementType type_attribute(NodeImport& n, const char* name, ElementType standard) {
  int64_t given = n.integer(name, 0);
  return given ? element_of(int32_t(given)) : standard;
}

std::vector<Value*> with_zero_point(NodeImport& n) {
  std::vector<Value*> operands{&n.in(0), &n.in(1)};
  if (n.has(2)) operands.push_back(&n.in(2));
  return operands;
}

void quantize(NodeImport& n) {
  Quantize op;
  op.axis = n.integer("axis", 1);
  op.block_size = n.integer("block_size", 0);
  ElementType scale = n.tensor(n.in(1)).element;  // division by powers of two is exact in f32
  op.precision = type_attribute(n, "precision", scale == ElementType::f8e8m0 ? ElementType::f32 : scale);
  ElementType standard = n.has(2) ? n.tensor(n.in(2)).element : ElementType::u8;
  op.to = type_attribute(n, "output_dtype", standard);
  check(!n.has(2) || op.to == standard, ErrorId::onnx_invalid, "output_dtype is ", op.to, ", the zero point is ",
        standard);
  bool saturate = n.integer("saturate", 1);
  if (float8_types.contains(op.to)) op.saturate = saturate;
  n.out(n.add(op, with_zero_point(n)));
}

void dequantize(NodeImport& n) {
  Dequantize op;
  op.axis = n.integer("axis", 1);
  op.block_size = n.integer("block_size", 0);
  op.to = type_attribute(n, "output_dtype", n.tensor(n.in(1)).element);
  n.out(n.add(op, with_zero_point(n)));
}

// The range of x, with 0 in it, spread over 0 to 255.
void dynamic_quantize(NodeImport& n) {
  Value& x = n.in(0);
  ElementType f32 = ElementType::f32;
  check(n.tensor(x).element == f32, ErrorId::onnx_invalid, "x is ", n.tensor(x));
  Value& zero = n.number(0, f32);
  Value& least = n.binary("min", zero, n.add(Reduce(ReduceKind::min, {}, false), {&x}));
  Value& most = n.binary("max", zero, n.add(Reduce(ReduceKind::max, {}, false), {&x}));
  Value& scale = n.binary("div", n.binary("sub", most, least), n.number(255, f32));
  Value& place = n.unary("round", n.binary("sub", zero, n.binary("div", least, scale)));
  Value& clamped = n.binary("min", n.binary("max", place, zero), n.number(255, f32));
  Value& zero_point = n.cast(clamped, ElementType::u8);
  n.out(0, n.add(Quantize(), {&x, &scale, &zero_point}));
  n.out(1, scale);
  n.out(2, zero_point);
}

// One number as a scalar; a list as it broadcasts when it stands for axis `from_end`, counted from the last.
Value& spread(NodeImport& n, Value& x, int from_end) {
  const Shape shape = n.tensor(x).shape;
  if (all_known(shape) && count(shape).is(1)) return n.reshape(x, {});
  if (shape.size() != 1 || from_end == 0) return x;
  Shape wide(size_t(from_end) + 1, 1);
  wide[0] = shape[0];
  return n.reshape(x, wide);
}

// x - zero point, in a type that holds it
Value& centred(NodeImport& n, int operand, int zero_point, int from_end, ElementType wide) {
  Value& x = n.cast(n.in(operand), wide);
  if (!n.has(zero_point)) return x;
  return n.binary("sub", x, n.cast(spread(n, n.in(zero_point), from_end), wide));
}

void matmul_integer(NodeImport& n) {
  ElementType i32 = ElementType::i32;
  n.out(n.add(MatMul(), {&centred(n, 0, 2, 1, i32), &centred(n, 1, 3, 0, i32)}));
}

void conv_integer(NodeImport& n) {  // sums of products of bytes are exact in f64
  const TensorType w = n.tensor(n.in(1));
  Conv op = read_conv(n, w);
  Value& y = n.add(op, {&centred(n, 0, 2, 0, ElementType::f64), &centred(n, 1, 3, w.rank() - 1, ElementType::f64)});
  n.out(n.cast(y, ElementType::i32));
}

// sums * (scale a * scale b / scale y), rounded, plus the zero point; scales in their own type, the rest in f64.
void requantize(NodeImport& n, Value& sums, Value& scale_a, Value& scale_b, int at_scale) {
  ElementType f64 = ElementType::f64;
  Value& factor = n.binary("div", n.binary("mul", scale_a, scale_b), spread(n, n.in(at_scale), 0));
  Value& exact = n.binary("mul", n.cast(sums, f64), n.cast(factor, f64));
  Value& zero_point = spread(n, n.in(at_scale + 1), 0);
  check(n.tensor(zero_point).rank() == 0, ErrorId::unsupported, "a zero point of the result for each of its rows is ",
        "not supported");
  Quantize op;
  op.to = n.tensor(zero_point).element;
  op.precision = f64;
  n.out(n.add(op, {&exact, &n.number(1, f64), &zero_point}));
}

void qlinear_matmul(NodeImport& n) {
  ElementType i32 = ElementType::i32;
  Value& sums = n.add(MatMul(), {&centred(n, 0, 2, 1, i32), &centred(n, 3, 5, 0, i32)});
  requantize(n, sums, spread(n, n.in(1), 1), spread(n, n.in(4), 0), 6);
}

void qlinear_conv(NodeImport& n) {
  ElementType f64 = ElementType::f64;
  const TensorType w = n.tensor(n.in(3));
  Conv op = read_conv(n, w);
  std::vector<Value*> operands{&centred(n, 0, 2, 0, f64), &centred(n, 3, 5, w.rank() - 1, f64)};
  if (n.has(8)) operands.push_back(&n.cast(n.in(8), f64));
  requantize(n, n.add(op, operands), spread(n, n.in(1), 0), spread(n, n.in(4), w.rank() - 2), 6);
}

const Import table[] = {
    {"QuantizeLinear", quantize, 10},
    {"DequantizeLinear", dequantize, 10},
    {"DynamicQuantizeLinear", dynamic_quantize, 11},
    {"MatMulInteger", matmul_integer, 10},
    {"ConvInteger", conv_integer, 10},
    {"QLinearMatMul", qlinear_matmul, 10},
    {"QLinearConv", qlinear_conv, 10},
};

}  // namespace

const Imports import_quant = table;

}  // namespace tenon::onnx
