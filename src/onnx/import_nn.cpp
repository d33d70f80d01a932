// Convolution, pooling, matrix products, normalisation, softmax.
#include "onnx/import_window.h"
#include "onnx/importer.h"
#include "ops/batch_norm/batch_norm.h"
#include "ops/conv_transpose/conv_transpose.h"
#include "ops/det/det.h"
#include "ops/einsum/einsum.h"
#include "ops/elementwise/elementwise.h"
#include "ops/flatten/flatten.h"
#include "ops/grid_sample/grid_sample.h"
#include "ops/lp_pool/lp_pool.h"
#include "ops/lrn/lrn.h"
#include "ops/matmul/matmul.h"
#include "ops/pool/pool.h"
#include "ops/pool_argmax/pool_argmax.h"
#include "ops/reduce/reduce.h"
#include "ops/resize/resize.h"
#include "ops/softmax/softmax.h"

namespace tenon::onnx {

void read_window(NodeImport& n, Window& window, size_t axes) {
  window.strides = n.integers("strides");
  window.dilations = n.integers("dilations");
  std::vector<int64_t> pads = n.integers("pads");
  std::string mode = n.text("auto_pad", "NOTSET");
  if (mode == "SAME_UPPER") window.auto_pad = AutoPad::same_upper;
  else if (mode == "SAME_LOWER") window.auto_pad = AutoPad::same_lower;
  else if (mode == "VALID") window.auto_pad = AutoPad::valid;
  else check(mode == "NOTSET" || mode.empty(), ErrorId::onnx_invalid, "auto_pad is '", mode, "'");
  if (pads.empty()) return;
  check(pads.size() == 2 * axes, ErrorId::onnx_invalid, "pads has ", pads.size(), " numbers, expected ", 2 * axes);
  window.pads_begin.assign(pads.begin(), pads.begin() + long(axes));
  window.pads_end.assign(pads.begin() + long(axes), pads.end());
}

void check_kernel_shape(NodeImport& n, const TensorType& w) {
  check(w.rank() >= 3, ErrorId::onnx_invalid, "the weights have rank ", w.rank());
  std::vector<int64_t> kernel = n.integers("kernel_shape");
  check(kernel.empty() || int(kernel.size()) == w.rank() - 2, ErrorId::onnx_invalid, "kernel_shape has ", kernel.size(),
        " extents, the weights are ", w);
  for (size_t i = 0; i < kernel.size(); ++i)
    check(!w.shape[i + 2].known() || w.shape[i + 2].is(kernel[i]), ErrorId::onnx_invalid, "kernel_shape says ",
          kernel[i], " on axis ", i, ", the weights are ", w);
}

Conv read_conv(NodeImport& n, const TensorType& w) {
  Conv op;
  check_kernel_shape(n, w);
  read_window(n, op, size_t(w.rank()) - 2);
  op.groups = n.integer("group", 1);
  return op;
}

namespace {

std::vector<Value*> with_bias(NodeImport& n) {
  std::vector<Value*> operands{&n.in(0), &n.in(1)};
  if (n.has(2)) operands.push_back(&n.in(2));
  return operands;
}

void conv(NodeImport& n) { n.out(n.add(read_conv(n, n.tensor(n.in(1))), with_bias(n))); }

int64_t or_default(const std::vector<int64_t>& list, size_t i, int64_t standard) {
  return list.empty() ? standard : list.at(i);
}

// Padding that follows from the result's extent, which is `output_shape` or input * stride, becomes explicit.
void conv_transpose(NodeImport& n) {
  ConvTranspose op;
  const TensorType x = n.tensor(n.in(0)), w = n.tensor(n.in(1));
  check_kernel_shape(n, w);
  size_t axes = size_t(w.rank()) - 2;
  check(x.rank() == w.rank(), ErrorId::onnx_invalid, "x is ", x, ", the weights are ", w);
  read_window(n, op, axes);
  op.groups = n.integer("group", 1);
  op.output_padding = n.integers("output_padding");
  std::vector<int64_t> shape = n.integers("output_shape");
  for (const auto* list : {&op.strides, &op.dilations, &op.output_padding, &shape})
    check(list->empty() || list->size() == axes, ErrorId::onnx_invalid, "a list has ", list->size(), " numbers for ",
          axes, " spatial axes");
  AutoPad mode = op.auto_pad;
  op.auto_pad = AutoPad::explicit_pads;
  if (mode == AutoPad::valid) op.pads_begin = op.pads_end = {};
  bool same = mode == AutoPad::same_upper || mode == AutoPad::same_lower;
  if (shape.empty() && !same) return n.out(n.add(op, with_bias(n)));
  op.pads_begin.assign(axes, 0);
  op.pads_end.assign(axes, 0);
  if (op.output_padding.empty()) op.output_padding.assign(axes, 0);
  for (size_t i = 0; i < axes; ++i) {
    int64_t stride = or_default(op.strides, i, 1);
    tenon::Dim covered = (w.shape[i + 2] - 1) * or_default(op.dilations, i, 1) + 1 + op.output_padding[i];
    tenon::Dim wanted = shape.empty() ? x.shape[i + 2] * stride : tenon::Dim(shape[i]);
    tenon::Dim total = (x.shape[i + 2] - 1) * stride + covered - wanted;
    check(total.known(), ErrorId::unsupported, "padding that depends on the input, ", total, ", is not supported");
    if (total.value() < 0) op.output_padding[i] -= total.value();  // what is missing stands at the end
    int64_t pads = std::max<int64_t>(0, total.value()), less = pads / 2;
    op.pads_begin[i] = mode == AutoPad::same_upper ? less : pads - less;
    op.pads_end[i] = pads - op.pads_begin[i];
  }
  n.out(n.add(op, with_bias(n)));
}

void lp_pool(NodeImport& n) {
  LpPool op(n.integers("kernel_shape"));
  check(!op.window.empty(), ErrorId::onnx_invalid, "attribute kernel_shape is missing");
  read_window(n, op, op.window.size());
  op.ceil = n.integer("ceil_mode", 0);
  op.p = n.integer("p", 2);
  n.out(n.add(op, {&n.in(0)}));
}

void lrn(NodeImport& n) {
  Lrn op;
  op.size = n.required_integer("size");
  op.alpha = n.floating("alpha", 1e-4);
  op.beta = n.floating("beta", 0.75);
  op.bias = n.floating("bias", 1);
  n.out(n.add(op, {&n.in(0)}));
}

void pool(NodeImport& n, PoolKind kind) {
  Pool op(kind, n.integers("kernel_shape"));
  check(!op.window.empty(), ErrorId::onnx_invalid, "attribute kernel_shape is missing");
  read_window(n, op, op.window.size());
  op.ceil = n.integer("ceil_mode", 0);
  if (kind == PoolKind::average) op.count_pads = n.integer("count_include_pad", 0);
  bool column_major = kind == PoolKind::max && n.integer("storage_order", 0);
  n.out(n.add(op, {&n.in(0)}));
  if (kind != PoolKind::max || !n.wants(1)) return;
  PoolArgmax places(op.window, op);
  places.column_major = column_major;
  n.out(1, n.add(places, {&n.in(0)}));
}

// alpha * A' * B' + beta * C
void gemm(NodeImport& n) {
  ElementType e = n.tensor(n.in(0)).element;
  auto scaled = [&](Value& v, double factor) -> Value& {
    return factor == 1 ? v : n.binary("mul", v, n.number(factor, e));
  };
  for (int i : {0, 1})
    check(n.tensor(n.in(i)).rank() == 2, ErrorId::onnx_invalid, "operand ", i, " is ", n.tensor(n.in(i)),
          ", expected a matrix");
  MatMul op(n.integer("transA", 0), n.integer("transB", 0));
  double alpha = n.floating("alpha", 1), beta = n.floating("beta", 1);
  Value& product = scaled(n.add(op, {&n.in(0), &n.in(1)}), alpha);
  if (!n.has(2) || beta == 0) return n.out(product);
  n.out(n.add(Elementwise("add"), {&product, &scaled(n.in(2), beta)}));
}

void batch_norm(NodeImport& n) {
  double momentum = n.floating("momentum", 0.9), epsilon = n.floating("epsilon", 1e-5);
  check(n.opset() >= 9 || n.integer("spatial", 1) == 1, ErrorId::unsupported, "spatial=0 is not supported");
  bool training = n.integer("training_mode", 0);
  if (!training) return n.out(n.add(BatchNorm(epsilon), n.inputs()));
  // By the statistics of x itself; those that go on are blended with those that came.
  Value& x = n.in(0);
  const TensorType type = n.tensor(x);
  check(type.rank() >= 2, ErrorId::onnx_invalid, "x is ", type, ", expected [N,C,…]");
  std::vector<int64_t> axes{0};
  for (int d = 2; d < type.rank(); ++d) axes.push_back(d);
  Value &mean = n.add(Reduce(ReduceKind::mean, axes), {&x}), &off = n.binary("sub", x, mean);
  Value& variance = n.add(Reduce(ReduceKind::mean, axes, false), {&n.binary("mul", off, off)});
  Value& flat_mean = n.reshape(mean, {type.shape[1]});
  n.out(n.add(BatchNorm(epsilon), {&x, &n.in(1), &n.in(2), &flat_mean, &variance}));
  auto blended = [&](Value& before, Value& now) -> Value& {
    ElementType e = n.tensor(before).element;
    Value& fresh = n.binary("mul", n.cast(now, e), n.number(1 - momentum, e));
    return n.binary("add", n.binary("mul", before, n.number(momentum, e)), fresh);
  };
  if (n.wants(1)) n.out(1, blended(n.in(3), flat_mean));
  if (n.wants(2)) n.out(2, blended(n.in(4), variance));
}

// Until opset 12 all axes from `axis` on counted as one.
void softmax(NodeImport& n, bool log) {
  Value& x = n.in(0);
  if (n.opset() >= 13) return n.out(n.add(Softmax(n.integer("axis", -1), log), {&x}));
  int axis = axis_of(n.integer("axis", 1), n.tensor(x).rank());
  if (axis == n.tensor(x).rank() - 1) return n.out(n.add(Softmax(-1, log), {&x}));
  Value& rows = n.add(Flatten(axis), {&x});
  n.out(n.reshape(n.add(Softmax(1, log), {&rows}), n.tensor(x).shape));
}

template <size_t N>
int one_of(const std::string& text, const char* const (&names)[N], const char* what) {
  for (size_t i = 0; i < N; ++i)
    if (text == names[i]) return int(i);
  fail(ErrorId::unsupported, what, " is '", text, "'");
}

std::vector<double> doubles(const Weights& w) {
  std::vector<double> list;
  for (int64_t i = 0; w && i < w->extents.count(); ++i)
    list.push_back(load_scalar(w->data + i * size_bytes(w->element), w->element).f);
  return list;
}

// Scales that are no constants: a run finds out the extents.
void resize_by_scales(NodeImport& n, Resize op, int at_scales) {
  if (n.constant(at_scales)) {
    op.scales = doubles(n.constant(at_scales));
    return n.out(n.add(op, {&n.in(0)}));
  }
  check(n.importer().extents_may_be_late(), ErrorId::not_known, "the scales are not constant");
  for (size_t i = 0, axes = op.axes.empty() ? size_t(n.tensor(n.in(0)).rank()) : op.axes.size(); i < axes; ++i)
    op.late_extents.push_back(tenon::Dim::symbol(n.late_symbol()));
  n.out(n.add(op, {&n.in(0), &n.in(at_scales)}));
}

// Operands: x, scales (opset 10); x, roi, scales, sizes (since 11), any of the last three left out or empty.
void resize(NodeImport& n) {
  static const char* const modes[] = {"nearest", "linear", "cubic"};
  static const char* const places[] = {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
                                       "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"};
  static const char* const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
  static const char* const policies[] = {"stretch", "not_larger", "not_smaller"};
  bool old = n.opset() < 11;
  Resize op;
  op.mode = ResizeMode(one_of(n.text("mode", "nearest"), modes, "mode"));
  op.coordinates = Coordinates(one_of(n.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
                                      places, "coordinate_transformation_mode"));
  op.rounding =
      NearestRounding(one_of(n.text("nearest_mode", old ? "floor" : "round_prefer_floor"), roundings, "nearest_mode"));
  op.keep_aspect_ratio =
      KeepAspectRatio(one_of(n.text("keep_aspect_ratio_policy", "stretch"), policies, "keep_aspect_ratio_policy"));
  op.axes = n.integers("axes");
  op.cubic_coeff_a = n.floating("cubic_coeff_a", -0.75);
  op.extrapolation_value = n.floating("extrapolation_value", 0);
  op.exclude_outside = n.integer("exclude_outside", 0);
  op.antialias = n.integer("antialias", 0);
  int at_scales = old ? 1 : 2;
  n.has(1), n.has(2);  // the region counts where it is cropped to, the scales, mostly empty, where there are no sizes
  if (!old && op.coordinates == Coordinates::tf_crop_and_resize) {
    check(n.constant(1) != nullptr, ErrorId::not_known, "the region of interest is not constant");
    op.roi = doubles(n.constant(1));
  }
  if (!old && n.has(3)) return n.out(n.add(op, {&n.in(0), &n.in(3)}));
  resize_by_scales(n, op, at_scales);
}

// Opset 16 called the modes bilinear and bicubic.
void grid_sample(NodeImport& n) {
  static const char* const modes[] = {"linear", "nearest", "cubic"};
  static const char* const paddings[] = {"zeros", "border", "reflection"};
  GridSample op;
  std::string mode = n.text("mode", "linear");
  if (n.opset() < 20) mode = mode == "bilinear" ? "linear" : mode == "bicubic" ? "cubic" : mode;
  op.mode = SampleMode(one_of(mode, modes, "mode"));
  op.padding = SamplePadding(one_of(n.text("padding_mode", "zeros"), paddings, "padding_mode"));
  op.align_corners = n.integer("align_corners", 0);
  n.out(n.add(op, {&n.in(0), &n.in(1)}));
}

// The scales are an attribute until opset 8.
void upsample(NodeImport& n) {
  static const char* const modes[] = {"nearest", "linear"};
  Resize op;
  op.mode = ResizeMode(one_of(n.text("mode", "nearest"), modes, "mode"));
  op.coordinates = Coordinates::asymmetric;
  op.rounding = NearestRounding::floor;
  if (n.opset() >= 9) return resize_by_scales(n, op, 1);
  op.scales = n.floats("scales");
  n.out(n.add(op, {&n.in(0)}));
}

// Letters, and the axes of an ellipsis, become numbers; without "->" the result has those that occur once, sorted.
void einsum(NodeImport& n) {
  constexpr int64_t first_of_ellipsis = 52;
  std::string equation = n.text("equation", "");
  std::erase(equation, ' ');
  size_t arrow = equation.find("->");
  std::string left = equation.substr(0, arrow);
  Einsum op;
  std::map<char, int> occurs;
  int64_t ellipsis = 0;
  auto names_of = [&](const std::string& term, int64_t hidden) {
    std::vector<int64_t> names;
    for (size_t i = 0; i < term.size(); ++i) {
      char c = term[i];
      if (term.compare(i, 3, "...") == 0) {
        for (int64_t k = 0; k < hidden; ++k) names.push_back(first_of_ellipsis + ellipsis - hidden + k);
        i += 2;
        continue;
      }
      check(std::isalpha(static_cast<unsigned char>(c)), ErrorId::onnx_invalid, "equation '", equation, "' has '", c,
            "'");
      names.push_back(std::isupper(static_cast<unsigned char>(c)) ? c - 'A' : c - 'a' + 26);
    }
    return names;
  };
  std::vector<std::string> terms(1);
  for (char c : left)
    if (c == ',') terms.emplace_back();
    else terms.back() += c;
  check(int(terms.size()) == n.input_count(), ErrorId::onnx_invalid, "equation '", equation, "' has ", terms.size(),
        " terms for ", n.input_count(), " operands");
  auto hidden_axes = [&](int i) -> int64_t {
    if (terms[size_t(i)].find("...") == std::string::npos) return 0;
    int64_t letters = int64_t(terms[size_t(i)].size()) - 3, rank = n.tensor(n.in(i)).rank();
    check(rank >= letters, ErrorId::onnx_invalid, "term '", terms[size_t(i)], "' has more names than operand ", i);
    return rank - letters;
  };
  for (int i = 0; i < n.input_count(); ++i) ellipsis = std::max(ellipsis, hidden_axes(i));
  for (int i = 0; i < n.input_count(); ++i) {
    if (i) op.operands.push_back(-1);
    std::vector<int64_t> names = names_of(terms[size_t(i)], hidden_axes(i));
    op.operands.insert(op.operands.end(), names.begin(), names.end());
    for (char c : terms[size_t(i)])
      if (c != '.') ++occurs[c];
  }
  std::string right = arrow == equation.npos ? "..." : equation.substr(arrow + 2);
  if (arrow == equation.npos)
    for (auto [letter, times] : occurs)
      if (times == 1) right += letter;
  op.result = names_of(right, ellipsis);
  n.out(n.add(op, n.inputs()));
}

const Import table[] = {
    {"Conv", conv},
    {"ConvTranspose", conv_transpose},
    {"LpPool", lp_pool},
    {"LRN", lrn},
    {"GridSample", grid_sample, 16},
    {"Upsample", upsample, 7, 9},
    {"Einsum", einsum, 12},
    {"MaxPool", [](NodeImport& n) { pool(n, PoolKind::max); }},
    {"AveragePool", [](NodeImport& n) { pool(n, PoolKind::average); }},
    {"MatMul", [](NodeImport& n) { n.out(n.add(MatMul(), n.inputs())); }},
    {"Gemm", gemm},
    {"Det", [](NodeImport& n) { n.out(n.add(Det(), {&n.in(0)})); }},
    {"BatchNormalization", batch_norm},
    {"Resize", resize},
    {"Softmax", [](NodeImport& n) { softmax(n, false); }},
    {"LogSoftmax", [](NodeImport& n) { softmax(n, true); }},
};

}  // namespace

const Imports import_nn = table;

}  // namespace tenon::onnx
