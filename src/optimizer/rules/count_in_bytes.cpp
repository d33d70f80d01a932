// Convolutions and products of dequantized bytes, as sums of whole numbers that are scaled afterwards: exact, and what
// integer kernels take.
#include <algorithm>
#include <cmath>

#include "ops/cast/cast.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "ops/dequantize/dequantize.h"
#include "ops/elementwise/elementwise.h"
#include "ops/matmul/matmul.h"
#include "ops/quantize/quantize.h"
#include "ops/reshape/reshape.h"
#include "optimizer/rules/rules.h"

namespace tenon {

namespace {

constexpr ElementSet byte_types = ElementType::i8 | ElementType::u8;
constexpr ElementType f32 = ElementType::f32, i32 = ElementType::i32;

// The constant that a value is, or that quantizing one gives.
Weights bytes_of(const Value& v) {
  if (Weights w = constant_of(v)) return w;
  const Node& node = *v.producer;
  if (!as<Quantize>(node) || !all_known(v.shape())) return nullptr;
  std::vector<ConstView> in;
  for (const Value* operand : node.inputs()) {
    Weights w = constant_of(*operand);
    if (!w) return nullptr;
    in.push_back(w->view());
  }
  View view;
  Weights made = make_weights(v.element(), at(v.shape(), {}), view);
  node.op().evaluate(in, {&view, 1});
  return made;
}

double number_at(const Tensor& t, int64_t i) {
  int64_t at = t.extents.count() == 1 ? 0 : i;
  Scalar s = load_scalar(t.data + at * size_bytes(t.element), t.element);
  return any_float_types.contains(t.element) ? s.f : double(s.i);
}

template <class T>
Value& constant(Rewriter& rw, ElementType element, const Extents& extents, const std::vector<T>& numbers) {
  return rw.add(Constant(make_weights<T>(element, extents, numbers)), {});
}

// What a node dequantizes, where scale and zero point are known: one of each, or one for each position of an axis.
struct Dequantized {
  const Node* node = nullptr;
  Weights scale, zero;  // zero: null for none
  int axis = -1;        // -1: one for all

  double scale_at(int64_t i) const { return number_at(*scale, i); }
  double zero_at(int64_t i) const { return zero ? number_at(*zero, i) : 0; }
};

const char* read(const Value& v, Dequantized& found) {
  const Dequantize* op = as<Dequantize>(v);
  if (!op) return "an operand is not dequantized";
  found.node = v.producer;
  if (op->to != f32 || found.node->input(1).element() != f32) return "scales are not f32";
  found.scale = constant_of(found.node->input(1));
  if (found.node->input_count() == 3) found.zero = constant_of(found.node->input(2));
  if (!found.scale || (found.node->input_count() == 3 && !found.zero)) return "a scale is not constant";
  if (found.scale->extents.count() == 1) return nullptr;
  if (op->spread || op->block_size) return "scales are neither one nor along one axis";
  found.axis = axis_of(op->axis, v.type().rank());
  return nullptr;
}

// x - its zero point, as f32
Value& centred(Rewriter& rw, const Dequantized& x) {
  Value& whole = rw.add(Cast(f32), {&x.node->input(0)});
  if (x.zero_at(0) == 0) return whole;
  Value& zero = constant(rw, f32, {}, std::vector<float>{float(x.zero_at(0))});
  return rw.add(Elementwise("sub"), {&whole, &zero});
}

// The operands of a sum of products: w has one scale, or one along `w_axis`, which counts results.
struct Factors {
  Dequantized x, w;
  Weights bytes;  // of w
  int w_axis;
  std::vector<float> centred;  // w - its zero points
  std::vector<float> scale;    // of each result, or of all

  int64_t results() const { return bytes->extents[w_axis]; }
};

const char* read(const Node& node, int w_axis, Factors& f) {
  if (const char* reason = read(node.input(0), f.x)) return reason;
  if (const char* reason = read(node.input(1), f.w)) return reason;
  if (!byte_types.contains(f.x.node->input(0).element()) || !byte_types.contains(f.w.node->input(0).element()))
    return "an operand is not of bytes";
  if (f.x.axis >= 0) return "x has several scales";
  f.bytes = bytes_of(f.w.node->input(0));
  if (!f.bytes || f.bytes->extents.count() == 0) return "weights are not constant";
  if (f.w.axis >= 0 && f.w.axis != w_axis) return "scales of weights are not along results";
  f.w_axis = w_axis;
  int64_t inner = f.bytes->extents.count_between(w_axis + 1, f.bytes->extents.rank), results = f.results();
  bool is_signed = f.x.node->input(0).element() == ElementType::i8;
  double zero = f.x.zero_at(0), reach = std::max((is_signed ? 127 : 255) - zero, zero - (is_signed ? -128 : 0));
  std::vector<double> sums(size_t(results), 0);
  double least = 0, most = 0;
  bool signed_weights = f.bytes->element == ElementType::i8;
  std::vector<double> zeros;
  for (int64_t r = 0; r < results; ++r) zeros.push_back(f.w.zero_at(f.w.axis < 0 ? 0 : r));
  f.centred.resize(size_t(f.bytes->extents.count()));
  for (size_t i = 0; i < f.centred.size(); ++i) {
    auto r = size_t(int64_t(i) / inner % results);
    std::byte byte = f.bytes->data[i];
    double w = (signed_weights ? double(int8_t(byte)) : double(uint8_t(byte))) - zeros[r];
    f.centred[i] = float(w);
    sums[r] += std::abs(w) * reach;
    least = std::min(least, w), most = std::max(most, w);
  }
  if (most - least > 255 || *std::max_element(sums.begin(), sums.end()) > 0x1p30)
    return "weights need 9 bits, or sums over 32";
  for (int64_t r = 0; r < (f.w.axis < 0 ? 1 : results); ++r) {
    double scale = f.x.scale_at(0) * f.w.scale_at(r);
    if (!std::isnormal(float(scale))) return "the product of scales is not normal";
    f.scale.push_back(float(scale));
  }
  return nullptr;
}

// Sums as f32. As integers in between, or scales would be folded into the weights, which are whole numbers then no
// more.
Value& scaled(Rewriter& rw, Value& sums, const Factors& f, int axes_behind) {
  Extents extents;
  if (f.scale.size() > 1) {
    extents.push(int64_t(f.scale.size()));
    for (int i = 0; i < axes_behind; ++i) extents.push(1);
  }
  Value& whole = rw.add(Cast(f32), {&rw.add(Cast(i32), {&sums})});
  return rw.add(Elementwise("mul"), {&whole, &constant(rw, f32, extents, f.scale)});
}

// The bias as whole numbers of the sums' scale, as quantizers write it; nothing for any other.
std::optional<std::vector<float>> whole_bias(const Value& bias, const Factors& f) {
  constexpr double scale_rounding = 0x1p-22;
  Dequantized b;
  if (read(bias, b) || b.node->input(0).element() != i32) return {};
  Weights steps = constant_of(b.node->input(0));
  if (!steps) return {};
  std::vector<float> whole;
  for (int64_t r = 0; r < f.results(); ++r) {
    double scale = double(f.scale[f.scale.size() == 1 ? 0 : size_t(r)]), own = b.scale_at(b.axis < 0 ? 0 : r);
    double number = number_at(*steps, r);
    if (std::abs(own - scale) > scale * scale_rounding || b.zero_at(b.axis < 0 ? 0 : r) != 0) return {};
    if (std::abs(number) > 0x1p24) return {};
    whole.push_back(float(number));
  }
  return whole;
}

// conv(dequantize(x, s, z), dequantize(w, t, v), b)
//   -> cast(conv(cast(x) - z, w - v, b / (s t))) s t; b as it is, added at the end, where it is no such multiple
Verdict conv_of_bytes(Rewriter& rw, Node& node) {
  const Conv& conv = *as<Conv>(node);
  const Shape &x = node.input(0).shape(), &w = node.input(1).shape();
  Factors f;
  if (const char* reason = read(node, 0, f)) return no(reason);
  bool depthwise = w[1] == Dim(1) && x[1] == Dim(conv.groups) && w[0] == x[1] && x.size() == 4;
  if (!x[1].known() || (conv.groups > 1 && !depthwise)) return no("no integer kernel takes these groups");
  std::vector<Value*> operands{&centred(rw, f.x), &constant(rw, f32, f.bytes->extents, f.centred)};
  bool biased = node.input_count() == 3;
  std::optional<std::vector<float>> bias = biased ? whole_bias(node.input(2), f) : std::nullopt;
  if (bias) operands.push_back(&constant(rw, f32, {f.results()}, *bias));
  int axes = int(x.size()) - 2;
  Value* y = &scaled(rw, rw.add(conv, operands), f, axes);
  if (biased && !bias) {
    Shape wide(size_t(axes) + 1, 1);
    wide[0] = w[0];
    Reshape reshape(wide);
    reshape.allow_zero = true;
    y = &rw.add(Elementwise("add"), {y, &rw.add(reshape, {&node.input(2)})});
  }
  return rw.replace(node, *y);
}

// matmul(dequantize(x, s, z), dequantize(w, t, v)) -> cast(matmul(cast(x) - z, w - v)) s t
Verdict matmul_of_bytes(Rewriter& rw, Node& node) {
  const MatMul& op = *as<MatMul>(node);
  if (op.transpose_a || node.input(1).type().rank() != 2) return no("weights are no matrix of rows");
  Factors f;
  if (const char* reason = read(node, op.transpose_b ? 0 : 1, f)) return no(reason);
  Value& sums = rw.add(op, {&centred(rw, f.x), &constant(rw, f32, f.bytes->extents, f.centred)});
  return rw.replace(node, scaled(rw, sums, f, 0));
}

const Rule rules[] = {{"conv_of_bytes", "conv", conv_of_bytes}, {"matmul_of_bytes", "matmul", matmul_of_bytes}};

}  // namespace

const Rules count_in_bytes = rules;

}  // namespace tenon
