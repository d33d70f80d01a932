// Quantized numbers: to them, from them, and arithmetic on them as a composition in wider types that is exact.
#include <algorithm>
#include <cmath>
#include <limits>

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

// x - zero point, in a type that holds it. What follows counts on bytes: other integers, and above all small floats,
// would be truncated or overflow.
Value& centred(NodeImport& n, int operand, int zero_point, int from_end, ElementType wide) {
  constexpr ElementSet bytes = ElementType::i8 | ElementType::u8;
  for (int i : {operand, zero_point}) {
    if (!n.has(i)) continue;
    const TensorType type = n.tensor(n.in(i));
    check(bytes.contains(type.element), ErrorId::unsupported_type, "operand ", i, " is ", type, ", expected one of ",
          bytes);
  }
  Value& x = n.cast(n.in(operand), wide);
  if (!n.has(zero_point)) return x;
  return n.binary("sub", x, n.cast(spread(n, n.in(zero_point), from_end), wide));
}

// Operands of a sum of products of bytes: x, w and their zero points, w's last or first axis counting results.
struct Factors {
  int x, x_zero, w, w_zero;
  bool results_last;
};

double integer_at(const tenon::Tensor& t, int64_t i) {
  return double(load_scalar(t.data + i * size_bytes(t.element), t.element).i);
}

// The largest sum of magnitudes that one result can reach, where weights are constants; infinity elsewhere.
double largest_sum(NodeImport& n, const Factors& f, const tenon::Tensor* bias) {
  Weights w = n.constant(f.w), w_zero = n.constant(f.w_zero), x_zero = n.constant(f.x_zero);
  bool known = w && w->extents.rank >= 2 && (w_zero || !n.has(f.w_zero)) && (x_zero || !n.has(f.x_zero));
  if (!known || w->extents.count() == 0) return std::numeric_limits<double>::infinity();
  bool is_signed = signed_types.contains(n.tensor(n.in(f.x)).element);
  double low = is_signed ? -128 : 0, high = is_signed ? 127 : 255, reach = 0;
  for (int64_t i = 0, count = x_zero ? x_zero->extents.count() : 1; i < count; ++i) {
    double zero = x_zero ? integer_at(*x_zero, i) : 0;
    reach = std::max({reach, high - zero, zero - low});
  }
  int64_t results = f.results_last ? w->extents[w->extents.rank - 1] : w->extents[0];
  int64_t inner = f.results_last ? 1 : w->extents.count() / results;
  std::vector<double> sums(size_t(results), 0);
  for (int64_t i = 0; i < w->extents.count(); ++i) {
    auto r = size_t(i / inner % results);
    double zero = !w_zero ? 0 : integer_at(*w_zero, w_zero->extents.count() == results ? int64_t(r) : 0);
    sums[r] += std::abs(integer_at(*w, i) - zero) * reach;
  }
  for (size_t r = 0; bias && r < sums.size(); ++r) sums[r] += std::abs(integer_at(*bias, int64_t(r)));
  return *std::max_element(sums.begin(), sums.end());
}

// Integers below 2^24 are exact in f32 whatever the order of additions; f64 holds all sums that fit i32.
ElementType exact_type(NodeImport& n, const Factors& f, const tenon::Tensor* bias = nullptr) {
  return largest_sum(n, f, bias) < 0x1p24 ? ElementType::f32 : ElementType::f64;
}

Value& integer_product(NodeImport& n, const Factors& f) {
  bool one_zero = !n.has(f.w_zero) || n.tensor(n.in(f.w_zero)).rank() <= 1;
  ElementType wide = one_zero && exact_type(n, f) == ElementType::f32 ? ElementType::f32 : ElementType::i32;
  Value& y = n.add(MatMul(), {&centred(n, f.x, f.x_zero, 1, wide), &centred(n, f.w, f.w_zero, 0, wide)});
  return n.cast(y, ElementType::i32);
}

void matmul_integer(NodeImport& n) { n.out(integer_product(n, {0, 2, 1, 3, true})); }

void conv_integer(NodeImport& n) {
  const TensorType w = n.tensor(n.in(1));
  Conv op = read_conv(n, w);
  ElementType wide = exact_type(n, {0, 2, 1, 3, false});
  Value& y = n.add(op, {&centred(n, 0, 2, 0, wide), &centred(n, 1, 3, w.rank() - 1, wide)});
  n.out(n.cast(y, ElementType::i32));
}

// sums * (scale a * scale b / scale y), rounded, plus the zero point; in f32, as ONNX Runtime does: the text leaves it
// open, and a quantum more or less in one layer becomes many in the last.
void requantize(NodeImport& n, Value& sums, Value& scale_a, Value& scale_b, int at_scale) {
  ElementType f32 = ElementType::f32;
  Value& factor = n.binary("div", n.binary("mul", scale_a, scale_b), spread(n, n.in(at_scale), 0));
  Value& exact = n.binary("mul", n.cast(sums, f32), n.cast(factor, f32));
  Value& zero_point = spread(n, n.in(at_scale + 1), 0);
  check(n.tensor(zero_point).rank() == 0, ErrorId::unsupported, "a zero point of the result for each of its rows is ",
        "not supported");
  Quantize op;
  op.to = n.tensor(zero_point).element;
  op.precision = f32;
  n.out(n.add(op, {&exact, &n.number(1, f32), &zero_point}));
}

void qlinear_matmul(NodeImport& n) {
  Value& sums = integer_product(n, {0, 2, 3, 5, true});
  requantize(n, sums, spread(n, n.in(1), 1), spread(n, n.in(4), 0), 6);
}

void qlinear_conv(NodeImport& n) {
  const TensorType w = n.tensor(n.in(3));
  Conv op = read_conv(n, w);
  Weights bias = n.constant(8);
  ElementType wide = n.has(8) && !bias ? ElementType::f64 : exact_type(n, {0, 2, 3, 5, false}, bias.get());
  std::vector<Value*> operands{&centred(n, 0, 2, 0, wide), &centred(n, 3, 5, w.rank() - 1, wide)};
  if (n.has(8)) operands.push_back(&n.cast(n.in(8), wide));
  // As integers in between, or the scales would be folded into the weights and the sums no longer be exact.
  Value& sums = n.cast(n.add(op, operands), ElementType::i32);
  requantize(n, sums, spread(n, n.in(1), 0), spread(n, n.in(4), w.rank() - 2), 6);
}

// ONNX Runtime's own quantized operators, as its quantizer writes them: through f32, rounded once at the end.
Value& dequantized(NodeImport& n, int operand) {
  std::vector<Value*> operands{&n.in(operand), &n.in(operand + 1)};
  if (n.has(operand + 2)) operands.push_back(&n.in(operand + 2));
  return n.add(Dequantize(), operands);
}

void quantized_out(NodeImport& n, Value& y, int at_scale) {
  Quantize op;
  std::vector<Value*> operands{&y, &n.in(at_scale)};
  if (n.has(at_scale + 1)) {
    operands.push_back(&n.in(at_scale + 1));
    op.to = n.tensor(*operands[2]).element;
  }
  n.out(n.add(op, operands));
}

template <const char* const& name>
void qlinear_binary(NodeImport& n) {
  quantized_out(n, n.binary(name, dequantized(n, 0), dequantized(n, 3)), 6);
}
constexpr const char* add_name = "add";
constexpr const char* mul_name = "mul";

void qlinear_global_average_pool(NodeImport& n) {
  check(n.integer("channels_last", 0) == 0, ErrorId::unsupported, "channels_last is not supported");
  Value& x = dequantized(n, 0);
  std::vector<int64_t> axes;
  for (int d = 2; d < n.tensor(x).rank(); ++d) axes.push_back(d);
  quantized_out(n, n.add(Reduce(ReduceKind::mean, axes, true), {&x}), 3);
}

constexpr const char* microsoft = "com.microsoft";

const Import table[] = {
    {"QLinearAdd", qlinear_binary<add_name>, 1, 1, microsoft},
    {"QLinearMul", qlinear_binary<mul_name>, 1, 1, microsoft},
    {"QLinearGlobalAveragePool", qlinear_global_average_pool, 1, 1, microsoft},
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
