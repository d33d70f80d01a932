// Arithmetic per channel after a convolution, which its weights and bias can absorb.
#include <cmath>

#include "ops/batch_norm/batch_norm.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "ops/elementwise/elementwise.h"
#include "ops/scale/scale.h"
#include "optimizer/rules/patterns.h"
#include "optimizer/rules/rules.h"

namespace tenon {

namespace {

// y[o] = factor[o] * conv[o] + shift[o]; one number serves all channels.
struct PerChannel {
  std::vector<double> factor{1}, shift{0};
};

double at(const std::vector<double>& list, int64_t channel) { return list[list.size() == 1 ? 0 : size_t(channel)]; }

// Null where the root's operand `i` is a convolution that this rule may change; else why not.
const char* cannot_change(const Rewriter& rw, const Node& root, int i) {
  Node* conv = producer<Conv>(root, i);
  if (!conv) return "input is not a conv";
  if (!rw.sole_user(*conv)) return "conv has other users";
  for (int k = 1; k < conv->input_count(); ++k)
    if (!constant_of(conv->input(k))) return "the conv's weights are not constant";
  if (conv->output().element() != ElementType::f32 && conv->output().element() != ElementType::f64)
    return "narrow types would round the weights";
  return nullptr;
}

// Weights are computed in f64 and rounded once.
Verdict absorb(Rewriter& rw, Node& root, Node& conv, const PerChannel& after) {
  Weights w = constant_of(conv.input(1));
  ElementType element = w->element;
  std::vector<double> weights = numbers_of(w);
  int64_t channels = w->extents[0], taps = w->extents.count_between(1, w->extents.rank);
  std::vector<double> bias(size_t(channels), 0);
  if (conv.input_count() == 3) bias = numbers_of(constant_of(conv.input(2)));
  double largest =
      element == ElementType::f32 ? double(std::numeric_limits<float>::max()) : std::numeric_limits<double>::max();
  auto fits = [&](double folded) { return std::abs(folded) <= largest; };
  bool fit = true;
  for (int64_t o = 0; o < channels; ++o) {
    for (int64_t k = 0; k < taps; ++k) fit = fits(weights[size_t(o * taps + k)] *= at(after.factor, o)) && fit;
    fit = fits(bias[size_t(o)] = bias[size_t(o)] * at(after.factor, o) + at(after.shift, o)) && fit;
  }
  if (!fit) return no("folded weights would not be finite");
  Value& folded = rw.add(Constant(weights_of(w->extents, element, weights)), {});
  Value& shifted = rw.add(Constant(weights_of({channels}, element, bias)), {});
  return rw.replace(root, rw.add(*as<Conv>(conv), {&conv.input(0), &folded, &shifted}));
}

// batch_norm(conv(x, w, b), scale, bias, mean, variance) -> conv(x, w k, b k + bias - mean k)
// with k = scale / sqrt(variance + epsilon)
Verdict fold_batch_norm(Rewriter& rw, Node& norm) {
  if (const char* reason = cannot_change(rw, norm, 0)) return no(reason);
  std::vector<double> lists[5];
  for (int i = 1; i < 5; ++i) {
    Weights weights = constant_of(norm.input(i));
    if (!weights) return no("the norm's parameters are not constant");
    lists[i] = numbers_of(weights);
  }
  const auto& [none, scale, bias, mean, variance] = lists;
  PerChannel after{scale, bias};
  for (size_t o = 0; o < scale.size(); ++o) {
    after.factor[o] /= std::sqrt(variance[o] + as<BatchNorm>(norm)->epsilon);
    after.shift[o] -= mean[o] * after.factor[o];
  }
  return absorb(rw, norm, *norm.input(0).producer, after);
}

// scale(conv(x, w, b)) -> conv(x, w scale, b scale + shift)
Verdict fold_scale(Rewriter& rw, Node& node) {
  if (const char* reason = cannot_change(rw, node, 0)) return no(reason);
  const Scale& scale = *as<Scale>(node);
  if (scale.power) return no("there is a power");
  bool per_channel = scale.mode == ScaleMode::channel && axis_of(scale.channel_axis, node.output().type().rank()) == 1;
  if (scale.mode != ScaleMode::uniform && !per_channel) return no("the numbers are not per channel");
  PerChannel after;
  if (scale.scale) after.factor = numbers_of(scale.scale);
  if (scale.shift) after.shift = numbers_of(scale.shift);
  return absorb(rw, node, *node.input(0).producer, after);
}

// The constant that meets operand `i` of arithmetic, if it has one number, or one for each of axis 1.
Weights per_channel(const Node& node, int i) {
  Weights c = constant_of(node.input(1 - i));
  int rank = node.input(i).type().rank();
  if (!c || c->extents.rank > rank) return nullptr;
  int axis = c->extents.rank - (rank - 1);  // where the channels are, counted as broadcasting does: from the end
  for (int d = 0; d < c->extents.rank; ++d)
    if (d != axis && c->extents[d] != 1) return nullptr;
  return c;
}

// mul(conv(x, w, b), c) -> conv(x, w c, b c); the same for add, sub and div
Verdict fold_arithmetic(Rewriter& rw, Node& node) {
  std::string_view op = node.info().name;
  int i = producer<Conv>(node, 0) ? 0 : 1;
  if (const char* reason = cannot_change(rw, node, i)) return no(reason);
  Weights c = per_channel(node, i);
  if (!c) return no("the other operand is not a constant per channel");
  std::vector<double> numbers = numbers_of(c);
  PerChannel after;
  if (op == "mul") after.factor = numbers;
  else if (op == "div") {
    if (i == 1) return no("it divides by the conv");
    for (double& n : numbers) n = 1 / n;
    after.factor = numbers;
  } else {
    if (op == "sub" && i == 0)
      for (double& n : numbers) n = -n;
    if (op == "sub" && i == 1) after.factor = {-1};
    after.shift = numbers;
  }
  return absorb(rw, node, *node.input(i).producer, after);
}

const Rule rules[] = {{"fold_batch_norm", "batch_norm", fold_batch_norm},
                      {"fold_scale", "scale", fold_scale},
                      {"fold_mul", "mul", fold_arithmetic},
                      {"fold_add", "add", fold_arithmetic},
                      {"fold_sub", "sub", fold_arithmetic},
                      {"fold_div", "div", fold_arithmetic}};

}  // namespace

const Rules fold_into_conv = rules;

}  // namespace tenon
