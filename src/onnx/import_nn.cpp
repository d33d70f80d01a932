// Convolution, pooling, matrix products, normalisation, softmax.
#include "onnx/import.h"
#include "ops/batch_norm/batch_norm.h"
#include "ops/conv/conv.h"
#include "ops/elementwise/elementwise.h"
#include "ops/flatten/flatten.h"
#include "ops/matmul/matmul.h"
#include "ops/pool/pool.h"
#include "ops/resize/resize.h"
#include "ops/softmax/softmax.h"

namespace tenon::onnx {

namespace {

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

void conv(NodeImport& n) {
  Conv op;
  const TensorType& w = n.tensor(n.in(1));
  check(w.rank() >= 3, ErrorId::onnx_invalid, "the weights have rank ", w.rank());
  read_window(n, op, size_t(w.rank()) - 2);
  op.groups = n.integer("group", 1);
  std::vector<int64_t> kernel = n.integers("kernel_shape");
  check(kernel.empty() || int(kernel.size()) == w.rank() - 2, ErrorId::onnx_invalid, "kernel_shape has ", kernel.size(),
        " extents, the weights are ", w);
  for (size_t i = 0; i < kernel.size(); ++i)
    check(!w.shape[i + 2].known() || w.shape[i + 2].is(kernel[i]), ErrorId::onnx_invalid, "kernel_shape says ",
          kernel[i], " on axis ", i, ", the weights are ", w);
  n.out(n.add(op, n.has(2) ? std::vector{&n.in(0), &n.in(1), &n.in(2)} : std::vector{&n.in(0), &n.in(1)}));
}

void pool(NodeImport& n, PoolKind kind) {
  Pool op(kind, n.integers("kernel_shape"));
  check(!op.window.empty(), ErrorId::onnx_invalid, "attribute kernel_shape is missing");
  read_window(n, op, op.window.size());
  op.ceil = n.integer("ceil_mode", 0);
  if (kind == PoolKind::average) op.count_pads = n.integer("count_include_pad", 0);
  else n.integer("storage_order", 0);  // of the second output, which is refused
  n.out(n.add(op, {&n.in(0)}));
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
  check(n.integer("training_mode", 0) == 0, ErrorId::unsupported, "training_mode is not supported");
  n.floating("momentum", 0.9);  // of training
  check(n.opset() >= 9 || n.integer("spatial", 1) == 1, ErrorId::unsupported, "spatial=0 is not supported");
  if (n.opset() < 9) n.integer("spatial", 1);
  n.out(n.add(BatchNorm(n.floating("epsilon", 1e-5)), n.inputs()));
}

// Until opset 12 all axes from `axis` on counted as one.
void softmax(NodeImport& n, bool log) {
  Value& x = n.in(0);
  if (n.opset() >= 13) return n.out(n.add(Softmax(n.integer("axis", -1), log), {&x}));
  int axis = axis_of(n.integer("axis", 1), n.tensor(x).rank());
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
  if (!old && op.coordinates == Coordinates::tf_crop_and_resize) {
    check(n.constant(1) != nullptr, ErrorId::unsupported, "the region of interest is not constant");
    op.roi = doubles(n.constant(1));
  }
  if (!old && n.has(3)) return n.out(n.add(op, {&n.in(0), &n.in(3)}));
  check(n.constant(at_scales) != nullptr, ErrorId::unsupported, "the scales are not constant");
  op.scales = doubles(n.constant(at_scales));
  n.out(n.add(op, {&n.in(0)}));
}

const Import table[] = {
    {"Conv", conv},
    {"MaxPool", [](NodeImport& n) { pool(n, PoolKind::max); }},
    {"AveragePool", [](NodeImport& n) { pool(n, PoolKind::average); }},
    {"MatMul", [](NodeImport& n) { n.out(n.add(MatMul(), n.inputs())); }},
    {"Gemm", gemm},
    {"BatchNormalization", batch_norm},
    {"Resize", resize},
    {"Softmax", [](NodeImport& n) { softmax(n, false); }},
    {"LogSoftmax", [](NodeImport& n) { softmax(n, true); }},
};

}  // namespace

const Imports import_nn = table;

}  // namespace tenon::onnx
