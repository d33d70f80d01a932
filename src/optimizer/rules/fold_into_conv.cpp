// Arithmetic after a convolution that its weights can absorb.
#include "ops/batch_norm/batch_norm.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reshape/reshape.h"
#include "ops/unary/unary.h"
#include "optimizer/rules/rules.h"

namespace tenon {

static Value& number(Rewriter& rw, ElementType element, double value) {
  View view;
  Weights weights = make_weights(element, {1}, view);
  Scalar s{};
  s.f = value;
  store_scalar(view.data, element, cast_scalar(s, ElementType::f64, element));
  return rw.add(Constant(std::move(weights)), {});
}

// batch_norm(conv(x, w, b), scale, bias, mean, variance) -> conv(x, w * k, (b - mean) * k + bias)
// with k = scale / sqrt(variance + epsilon); all but x constant, in f32: narrower types would round the weights.
static Verdict fold_batch_norm(Rewriter& rw, Node& norm) {
  Node* conv = producer<Conv>(norm, 0);
  if (!conv) return no("input is not a conv");
  if (!rw.sole_user(*conv)) return no("conv has other users");
  for (int i = 1; i < conv->input_count(); ++i)
    if (!constant_of(conv->input(i))) return no("the conv's weights are not constant");
  for (int i = 1; i < 5; ++i)
    if (!constant_of(norm.input(i))) return no("the norm's parameters are not constant");
  for (int i = 0; i < 5; ++i)
    if (norm.input(i).element() != ElementType::f32) return no("it is not all in f32");

  auto op = [&](const char* name, Value& a, Value& b) -> Value& { return rw.add(Elementwise(name), {&a, &b}); };
  Value &x = conv->input(0), &w = conv->input(1);
  Value& deviation =
      rw.add(Unary("sqrt"), {&op("add", norm.input(4), number(rw, ElementType::f32, as<BatchNorm>(norm)->epsilon))});
  Value& k = op("div", norm.input(1), deviation);
  Shape per_filter(size_t(w.type().rank()), 1);
  per_filter[0] = w.shape()[0];
  Value& scaled = op("mul", w, rw.add(Reshape(per_filter), {&k}));
  Value& centred =
      conv->input_count() == 3 ? op("sub", conv->input(2), norm.input(3)) : rw.add(Unary("neg"), {&norm.input(3)});
  Value& shift = op("add", op("mul", centred, k), norm.input(2));
  return rw.replace(norm, rw.add(*as<Conv>(*conv), {&x, &scaled, &shift}));
}

static const Rule rules[] = {{"fold_batch_norm", "batch_norm", fold_batch_norm}};
const Rules fold_into_conv = rules;

}  // namespace tenon
