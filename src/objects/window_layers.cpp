#include "objects/window_layers.h"

#include <algorithm>

#include "base/checked.h"
#include "objects/convert.h"
#include "objects/draft.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "ops/conv_transpose/conv_transpose.h"
#include "ops/elementwise/elementwise.h"
#include "ops/lrn/lrn.h"
#include "ops/pad/pad.h"
#include "ops/pool/pool.h"

namespace tenon::objects {

namespace {

// Rounding up differs between Caffe's way and the explicit one only where a last window would start in the padding.
bool rounds_up_alike(const WindowLayer& layer) {
  for (int i = 0; i < layer.window.n; ++i)
    if (layer.post_padding.d[i] + layer.stride.d[i] > layer.window.d[i]) return false;
  return true;
}

bool rounds_up(PaddingMode mode) {
  return mode == PaddingMode::explicit_round_up || mode == PaddingMode::caffe_round_up;
}

// A convolution rounds up by reading zeros beyond its padding: as few as the extent needs, or where that is open as
// many as could be needed, for all that they can add is a window that starts beyond.
void round_up(Conv& conv, const Shape& x, const std::vector<int64_t>& window) {
  for (size_t i = 0; i < window.size(); ++i) {
    int64_t more = conv.strides[i] - 1;
    if (x[i + 2].known()) {
      int64_t covered = checked_add(checked_mul(window[i] - 1, conv.dilations[i]), 1);
      int64_t padded = checked_add(checked_add(x[i + 2].value(), conv.pads_begin[i]), conv.pads_end[i]);
      int64_t rest = (padded - covered) % conv.strides[i];
      more = rest > 0 ? conv.strides[i] - rest : -rest;
    }
    conv.pads_end[i] = checked_add(conv.pads_end[i], more);
  }
}

Extents kernel_extents(int64_t first, int64_t second, const Dims& window) {
  Extents extents;
  extents.push(first);
  extents.push(second);
  for (int i = 0; i < window.n; ++i) extents.push(window.d[i]);
  return extents;
}

// Channels of one group, or what the input cannot say yet: as many as the kernel's count leaves.
int64_t channels_of(const Shape& x, int64_t groups, int64_t others, const GivenWeights& kernel) {
  check(groups >= 1, "there are ", groups, " groups; 1 is the least");
  if (x.size() > 1 && x[1].known()) {
    check(x[1].value() % groups == 0, "the input has ", x[1], " channels, not a multiple of ", groups, " groups");
    return x[1].value() / groups;
  }
  return others > 0 ? kernel.count / others : 0;
}

void check_window(const Dims& window, const char* what) {
  check(window.n == 2 || window.n == 3, what, " has ", window.n, " extents; 2 or 3 are possible");
  for (int i = 0; i < window.n; ++i)
    check(window.d[i] >= 1, what, " is ", to_text(window), "; every extent is 1 at least");
}

}  // namespace

WindowLayer::WindowLayer(Network& n, LayerType t, const Dims& w, int32_t most)
    : Layer(n, t, most),
      window(w),
      stride(repeated(w.n, 1)),
      pre_padding(repeated(w.n, 0)),
      post_padding(pre_padding),
      dilation(stride) {}

const Dims& WindowLayer::padding() const {
  check(pre_padding == post_padding, ErrorId::unsupported, "the padding is ", to_text(pre_padding), " before and ",
        to_text(post_padding), " behind; ask for each");
  return pre_padding;
}

void WindowLayer::write(tenon::Window& into) const {
  check_window(window, "the window");
  into.strides = list_of(stride);
  into.pads_begin = list_of(pre_padding);
  into.pads_end = list_of(post_padding);
  into.dilations = list_of(dilation);
  for (const auto* numbers : {&into.strides, &into.pads_begin, &into.pads_end, &into.dilations})
    check(int32_t(numbers->size()) == window.n, "'", name, "': stride, padding and dilation need ", window.n,
          " numbers as the window has, found ", numbers->size());
  into.check_axes(window.n);
  if (padding_mode == PaddingMode::caffe_round_up || padding_mode == PaddingMode::caffe_round_down)
    into.pads_end = into.pads_begin;
  if (padding_mode == PaddingMode::same_upper) into.auto_pad = AutoPad::same_upper;
  if (padding_mode == PaddingMode::same_lower) into.auto_pad = AutoPad::same_lower;
}

void WindowLayer::read_window(const tenon::Window& from, const Dims& extents) {
  window = extents;
  stride = dims_of_list(from.strides, size_t(window.n), 1);
  dilation = dims_of_list(from.dilations, size_t(window.n), 1);
  bool none = from.auto_pad == AutoPad::valid;
  pre_padding = dims_of_list(none ? std::vector<int64_t>() : from.pads_begin, size_t(window.n), 0);
  post_padding = dims_of_list(none ? std::vector<int64_t>() : from.pads_end, size_t(window.n), 0);
  if (from.auto_pad == AutoPad::same_upper) padding_mode = PaddingMode::same_upper;
  if (from.auto_pad == AutoPad::same_lower) padding_mode = PaddingMode::same_lower;
}

PoolingLayer::PoolingLayer(Network& n, PoolingType p, const Dims& w)
    : WindowLayer(n, LayerType::pooling, w), pooling(p) {
  check_window(w, "the window");
}

void PoolingLayer::set_blend_factor(float factor) {
  check(factor >= 0 && factor <= 1, "the blend factor is ", double(factor), "; 0 to 1 are possible");
  blend_factor = factor;
}

// A blend is (1 - factor) maximum + factor average; where the factor is 0 or 1 the other side is left out, for what it
// finds may be infinite.
Values PoolingLayer::build(Draft& draft) const {
  Pool pool(pooling == PoolingType::average ? PoolKind::average : PoolKind::max, list_of(window));
  write(pool);
  pool.count_pads = !average_count_excludes_padding;
  pool.ceil = rounds_up(padding_mode);
  pool.ceil_in_pads = padding_mode == PaddingMode::explicit_round_up && !rounds_up_alike(*this);
  if (pooling == PoolingType::max_average_blend && blend_factor == 1) pool.kind = PoolKind::average;
  tenon::Value& y = draft.add(pool, {&draft.in(0)});
  if (pooling != PoolingType::max_average_blend || blend_factor == 0 || blend_factor == 1) return {&y};
  pool.kind = PoolKind::average;
  tenon::Value& mean = draft.add(pool, {&draft.in(0)});
  auto part = [&](tenon::Value& of, double factor) {
    return &draft.add(Elementwise("mul"), {&of, &draft.scalar(factor, draft.type(of).element)});
  };
  return {&draft.add(Elementwise("add"), {part(y, 1 - double(blend_factor)), part(mean, blend_factor)})};
}

bool PoolingLayer::read(const tenon::Node& node) {
  const Pool* pool = as<Pool>(node);
  if (!pool) return false;
  pooling = pool->kind == PoolKind::max ? PoolingType::max : PoolingType::average;
  read_window(*pool, dims_of_list(pool->window, pool->window.size(), 1));
  average_count_excludes_padding = !pool->count_pads;
  if (!pool->ceil) return true;
  bool explicit_way = pool->ceil_in_pads || rounds_up_alike(*this);
  padding_mode = explicit_way ? PaddingMode::explicit_round_up : PaddingMode::caffe_round_up;
  return explicit_way || pre_padding == post_padding;
}

KernelLayer::KernelLayer(Network& n, LayerType t, int64_t maps, const Dims& w, const GivenWeights& k,
                         const GivenWeights& b)
    : WindowLayer(n, t, w, 3), nb_output_maps(maps), kernel(k), bias(b) {
  if (w.n == 0) return;  // read will say
  check_window(w, "the kernel");
  check(maps >= 1, "there are ", maps, " output maps; 1 is the least");
  check(k.values || k.count == 0, "the kernel announces ", k.count, " numbers, and its pointer is null");
  check(b.count == 0 || b.count == maps, "the bias has ", b.count, " numbers, expected ", maps,
        ", one for each output map, or none");
}

bool KernelLayer::has_bias(const Draft& draft) const { return draft.has(2) || bias.count > 0; }

tenon::Value& KernelLayer::bias_of(Draft& draft, ElementType e) const {
  if (draft.has(2)) return draft.in(2);
  Extents maps;
  maps.push(nb_output_maps);
  return draft.weights(bias, maps, e, "the bias");
}

bool KernelLayer::read_kernel(const tenon::Node& node, const tenon::Window& from, int64_t groups) {
  const Shape& w = node.input(1).shape();
  if (!all_known(w) || w.size() < 4) return false;
  bool turned = type == LayerType::deconvolution;
  nb_groups = groups;
  nb_output_maps = turned ? w[1].value() * groups : w[0].value();
  Dims extents;
  for (size_t i = 2; i < w.size(); ++i) extents.d[extents.n++] = w[i].value();
  read_window(from, extents);
  kernel = lend(constant_of(node.input(1)));
  if (node.input_count() > 2) bias = lend(constant_of(node.input(2)));
  return true;
}

Values ConvolutionLayer::build(Draft& draft) const {
  Conv conv;
  write(conv);
  conv.groups = nb_groups;
  const TensorType x = draft.type(0);
  check(x.rank() == window.n + 2, "the input is ", x, ", a kernel of ", window.n, " extents expects ", window.n + 2,
        " axes");
  if (rounds_up(padding_mode)) round_up(conv, x.shape, list_of(window));
  int64_t taps = kernel_extents(1, 1, window).count();
  Values operands{&draft.in(0)};
  if (draft.has(1)) operands.push_back(&draft.in(1));
  else {
    int64_t channels = channels_of(x.shape, nb_groups, nb_output_maps * taps, kernel);
    operands.push_back(
        &draft.weights(kernel, kernel_extents(nb_output_maps, channels, window), x.element, "the kernel"));
  }
  if (has_bias(draft)) operands.push_back(&bias_of(draft, x.element));
  return {&draft.add(conv, operands)};
}

bool ConvolutionLayer::read(const tenon::Node& node) {
  const Conv* conv = as<Conv>(node);
  return conv && read_kernel(node, *conv, conv->groups);
}

Values DeconvolutionLayer::build(Draft& draft) const {
  ConvTranspose op;
  write(op);
  op.groups = nb_groups;
  const TensorType x = draft.type(0);
  check(x.rank() == window.n + 2, "the input is ", x, ", a kernel of ", window.n, " extents expects ", window.n + 2,
        " axes");
  check(nb_groups >= 1 && nb_output_maps % nb_groups == 0, nb_output_maps, " output maps are no multiple of ",
        nb_groups, " groups");
  if (op.auto_pad != AutoPad::explicit_pads) {  // as many outputs as input * stride
    op.output_padding.assign(size_t(window.n), 0);
    for (size_t i = 0; i < op.strides.size(); ++i) {
      int64_t pads = (window.d[i] - 1) * op.dilations[i] + 1 - op.strides[i];
      if (pads < 0) op.output_padding[i] = -pads;
      int64_t all = std::max<int64_t>(pads, 0), less = all / 2;
      op.pads_begin[i] = op.auto_pad == AutoPad::same_upper ? less : all - less;
      op.pads_end[i] = all - op.pads_begin[i];
    }
    op.auto_pad = AutoPad::explicit_pads;
  }
  Values operands{&draft.in(0)};
  if (draft.has(1)) operands.push_back(&draft.in(1));
  else {
    int64_t maps = nb_output_maps / nb_groups, taps = kernel_extents(1, 1, window).count();
    int64_t channels = channels_of(x.shape, 1, maps * taps, kernel);
    operands.push_back(&draft.weights(kernel, kernel_extents(channels, maps, window), x.element, "the kernel"));
  }
  if (has_bias(draft)) operands.push_back(&bias_of(draft, x.element));
  return {&draft.add(op, operands)};
}

bool DeconvolutionLayer::read(const tenon::Node& node) {
  const ConvTranspose* op = as<ConvTranspose>(node);
  bool plain = op && std::all_of(op->output_padding.begin(), op->output_padding.end(), [](int64_t p) { return !p; });
  return plain && read_kernel(node, *op, op->groups);
}

Values FullyConnectedLayer::build(Draft& draft) const {
  const TensorType x = draft.type(0);
  bool fits = x.rank() == 4 && x.shape[1].known() && x.shape[2].known() && x.shape[3].known();
  check(fits, ErrorId::unsupported, "the input is ", x, ", expected [N,C,H,W] where C, H and W are known");
  check(nb_output_channels >= 1, "there are ", nb_output_channels, " outputs; 1 is the least");
  Dims plane;
  for (size_t i : {2, 3}) plane.d[plane.n++] = x.shape[i].value();
  Extents outputs;
  outputs.push(nb_output_channels);
  Extents extents = kernel_extents(nb_output_channels, x.shape[1].value(), plane);
  Values operands{&draft.in(0)};
  operands.push_back(draft.has(1) ? &draft.in(1) : &draft.weights(kernel, extents, x.element, "the kernel"));
  if (draft.has(2)) operands.push_back(&draft.in(2));
  else if (bias.count > 0) operands.push_back(&draft.weights(bias, outputs, x.element, "the bias"));
  return {&draft.add(Conv(), operands)};
}

LrnLayer::LrnLayer(Network& n, int64_t w, float a, float b, float bias)
    : Layer(n, LayerType::lrn), window(w), alpha(a), beta(b), k(bias) {
  check(w >= 1 && w % 2 == 1, "the window is ", w, "; an odd number is possible");
}

Values LrnLayer::build(Draft& draft) const {
  Lrn lrn;
  lrn.size = window;
  lrn.alpha = alpha;
  lrn.beta = beta;
  lrn.bias = k;
  return {&draft.add(lrn, {&draft.in(0)})};
}

bool LrnLayer::read(const tenon::Node& node) {
  const Lrn* lrn = as<Lrn>(node);
  if (!lrn) return false;
  window = lrn->size;
  alpha = float(lrn->alpha), beta = float(lrn->beta), k = float(lrn->bias);
  return true;
}

PaddingLayer::PaddingLayer(Network& n, const Dims& before, const Dims& behind)
    : Layer(n, LayerType::padding), pre(before), post(behind) {
  check(before.n == 2 && behind.n == 2, "the padding is ", to_text(before), " and ", to_text(behind),
        "; two numbers each, for the last two axes, are possible");
}

Values PaddingLayer::build(Draft& draft) const {
  check(pre.n == 2 && post.n == 2, "the padding is ", to_text(pre), " and ", to_text(post), "; two numbers each");
  Pad pad;
  pad.axes = {-2, -1};
  return {&draft.add(pad, {&draft.in(0), &draft.list({pre.d[0], pre.d[1], post.d[0], post.d[1]})})};
}

}  // namespace tenon::objects
