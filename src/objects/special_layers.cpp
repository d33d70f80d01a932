#include "objects/special_layers.h"

#include <cmath>
#include <limits>

#include "objects/convert.h"
#include "objects/draft.h"
#include "objects/quantize_layers.h"
#include "ops/dequantize/dequantize.h"
#include "ops/elementwise/elementwise.h"
#include "ops/indices.h"
#include "ops/matmul/matmul.h"
#include "ops/quantize/quantize.h"
#include "ops/range/range.h"
#include "ops/reduce/reduce.h"
#include "ops/select/select.h"
#include "ops/unary/unary.h"
#include "ops/unsqueeze/unsqueeze.h"

namespace tenon::objects {

Values AssertionLayer::build(Draft& draft) const {
  check(draft.type(0).element == ElementType::boolean, ErrorId::unsupported_type, "the condition is ", draft.type(0),
        ", expected booleans");
  return {};
}

MoeLayer::MoeLayer(Network& n) : Layer(n, LayerType::moe, 10), limit(std::numeric_limits<float>::infinity()) {}

void MoeLayer::set_gated_weights(Tensor& gate, Tensor& up, Tensor& down, MoEActType function) {
  set_input(3, gate);
  set_input(4, up);
  set_input(5, down);
  activation = function;
}

void MoeLayer::set_gated_biases(Tensor& gate, Tensor& up, Tensor& down) {
  set_input(6, gate);
  set_input(7, up);
  set_input(8, down);
}

void MoeLayer::set_static_quantization(Tensor& scale, DataType type) {
  element_of(type);
  set_input(9, scale);
  quantize_to = type;
  dynamic = false;
}

void MoeLayer::set_dynamic_quantization(Tensor& scale, DataType type, const Dims& block, DataType scales) {
  element_of(type), element_of(scales);
  set_input(9, scale);
  quantize_to = type, scale_type = scales, quantize_block = block;
  dynamic = true;
}

Dims MoeLayer::get_quantize_block() const {
  if (quantize_block) return *quantize_block;
  Dims none;
  none.n = -1;
  return none;
}

void MoeLayer::set_limit(float l) {
  check(l > 0, "the limit is ", double(l), "; it is above 0");
  limit = l;
}
void MoeLayer::set_alpha(float a) {
  check(std::isfinite(a), "alpha is ", double(a));
  alpha = a;
}
void MoeLayer::set_beta(float b) {
  check(std::isfinite(b), "beta is ", double(b));
  beta = b;
}
void MoeLayer::set_swiglu(float l, float a, float b) {
  check(l > 0 && std::isfinite(a) && std::isfinite(b), "the limit is ", double(l), ", alpha ", double(a), ", beta ",
        double(b));
  limit = l, alpha = a, beta = b;
}

// Of every expert; bias, where there is one, for each.
tenon::Value& MoeLayer::product(Draft& draft, tenon::Value& x, int weights) const {
  tenon::Value& y = draft.add(MatMul(), {&x, &draft.cast(draft.in(weights), draft.type(x).element)});
  if (!draft.has(weights + 3)) return y;
  const TensorType bias = draft.type(weights + 3), type = draft.type(y);
  check(may_be_equal(bias.shape, {type.shape[0], type.shape[2]}), "bias ", weights + 3, " is ", bias,
        ", expected [experts,outputs] for ", type);
  tenon::Value& row = draft.cast(draft.add(Unsqueeze({1}), {&draft.in(weights + 3)}), type.element);
  return draft.add(Elementwise("add"), {&y, &row});
}

// Quantized and dequantized: what goes into the last product, [experts,tokens,inner].
tenon::Value& MoeLayer::quantized(Draft& draft, tenon::Value& x) const {
  ElementType wide = draft.type(x).element;
  if (!dynamic) {
    Quantize down;
    down.to = element_of(quantize_to);
    down.spread = true;
    Dequantize up;
    up.to = wide;
    up.spread = true;
    return draft.add(up, {&draft.add(down, {&x, &draft.in(9)}), &draft.in(9)});
  }
  Dims block = get_quantize_block();
  bool rows = block.n >= 1;
  for (int i = 0; i + 1 < block.n; ++i) rows = rows && block.d[i] == 1;
  check(rows && (block.d[block.n - 1] >= 1 || block.d[block.n - 1] == -1), "blocks of the quantization are ",
        to_text(block), ", expected one extent, of the last axis, behind any number of ones");
  Blocks blocks{1, 1, block.d[block.n - 1]};
  return widened(draft, narrowed(draft, x, blocks, quantize_to, scale_type, &draft.in(9)), blocks, wide);
}

Values MoeLayer::build(Draft& draft) const {
  const TensorType x = draft.type(0), chosen = draft.type(1), scores = draft.type(2);
  check(x.rank() >= 2 && float_types.contains(x.element), "the tokens are ", x, ", expected floats [N…,hidden]");
  const Dim tokens = count(Shape(x.shape.begin(), x.shape.end() - 1)),
            k = chosen.shape.empty() ? 1 : chosen.shape.back();
  Shape expected = x.shape;
  expected.back() = k;
  check(may_be_equal(chosen.shape, expected) && may_be_equal(scores.shape, expected), "experts are ", chosen,
        " and scores ", scores, ", expected some for each token of ", x);
  check(index_types.contains(chosen.element) && float_types.contains(scores.element), ErrorId::unsupported_type,
        "experts are ", chosen, " and scores ", scores, ", expected integers and floats");
  const Dim experts = draft.rank(3) == 3 ? draft.type(3).shape[0] : Dim(0);
  check(experts.known() && experts.value() >= 1, ErrorId::unsupported, "the weights are ", draft.type(3),
        ", expected [experts,hidden,inner] with a number of experts that is known");
  const Dim hidden = x.shape.back(), width = draft.type(3).shape[2];
  for (int i : {3, 4, 5})
    check(may_be_equal(draft.type(i).shape, i == 5 ? Shape{experts, width, hidden} : Shape{experts, hidden, width}),
          "weights ", i, " are ", draft.type(i), ", expected those of ", experts, " experts for ", x);
  auto binary = [&](const char* name, tenon::Value& a, tenon::Value& b) -> tenon::Value& {
    return draft.add(Elementwise(name), {&a, &b});
  };
  auto number = [&](double n) -> tenon::Value& { return draft.scalar(n, x.element); };

  tenon::Value& rows = draft.reshape(draft.in(0), {1, tokens, x.shape.back()});
  tenon::Value *gate = &product(draft, rows, 3), *up = &product(draft, rows, 4);
  if (std::isfinite(limit)) {
    gate = &binary("min", *gate, number(limit));
    up = &binary("max", binary("min", *up, number(limit)), number(-limit));
  }
  if (activation == MoEActType::silu) {
    tenon::Value& steep = alpha == 1 ? *gate : binary("mul", *gate, number(alpha));
    gate = &binary("mul", *gate, draft.add(Unary("sigmoid"), {&steep}));
  }
  if (beta != 0) up = &binary("add", *up, number(beta));
  tenon::Value* inner = &binary("mul", *gate, *up);
  if (draft.has(9)) inner = &quantized(draft, *inner);
  tenon::Value& answers = product(draft, *inner, 5);  // [experts,tokens,hidden]

  tenon::Value &zero = draft.reshape(draft.list({0}), {}), &one = draft.reshape(draft.list({1}), {});
  tenon::Value& all = draft.add(RangeOf(), {&zero, &draft.reshape(draft.list({experts.value()}), {}), &one});
  tenon::Value& asked = draft.cast(draft.reshape(draft.in(1), {1, tokens, k}), ElementType::i64);
  tenon::Value& hit = binary("equal", asked, draft.reshape(all, {experts, 1, 1}));
  tenon::Value& score = draft.cast(draft.reshape(draft.in(2), {1, tokens, k}), x.element);
  auto sum = [&](tenon::Value& v, int64_t axis, bool keep) -> tenon::Value& {
    return draft.add(Reduce(ReduceKind::sum, {axis}, keep), {&v});
  };
  tenon::Value& weight = sum(draft.add(Select(), {&hit, &score, &number(0)}), 2, true);
  tenon::Value& takes_part =
      binary("greater", sum(draft.cast(hit, ElementType::i32), 2, true), draft.cast(zero, ElementType::i32));
  // What an expert answers that nobody asked may be infinite: it is left out, not multiplied by 0.
  tenon::Value& part = draft.add(Select(), {&takes_part, &binary("mul", answers, weight), &number(0)});
  return {&draft.reshape(sum(part, 0, false), x.shape)};
}

DistCollectiveLayer::DistCollectiveLayer(Network& n, CollectiveOperation o, ReduceOperation r, int64_t first,
                                         const int64_t* list, int64_t count)
    : Layer(n, LayerType::dist_collective), operation(o), reduce(r), root(first) {
  check(count >= 0 && (list || count == 0), "the list of ranks announces ", count, " of them",
        list ? "" : ", and its pointer is null");
  groups.assign(list, list + count);
}

Values DistCollectiveLayer::build(Draft&) const {
  fail(ErrorId::unsupported, "an exchange between ranks needs a communicator, and an engine here runs alone");
}

}  // namespace tenon::objects
