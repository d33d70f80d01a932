// What transformers are made of, as compositions: attention, rotary embedding, causal convolution with a state.
#include <cmath>

#include "onnx/import.h"
#include "ops/concat/concat.h"
#include "ops/conv/conv.h"
#include "ops/expand/expand.h"
#include "ops/gather/gather.h"
#include "ops/linear_attention/linear_attention.h"
#include "ops/matmul/matmul.h"
#include "ops/pad/pad.h"
#include "ops/range/range.h"
#include "ops/select/select.h"
#include "ops/shape/shape.h"
#include "ops/slice/slice.h"
#include "ops/softmax/softmax.h"
#include "ops/split/split.h"
#include "ops/squeeze/squeeze.h"
#include "ops/tensor_scatter/tensor_scatter.h"
#include "ops/tile/tile.h"
#include "ops/transpose/transpose.h"
#include "ops/trilu/trilu.h"
#include "ops/unsqueeze/unsqueeze.h"

namespace tenon::onnx {

namespace {

constexpr double infinity = INFINITY;

Value& minus_infinity_where_not(NodeImport& n, Value& mask, ElementType type) {
  return n.add(Select(), {&mask, &n.number(0, type), &n.number(-infinity, type)});
}

// [B,S,H*D] -> [B,H,S,D]
Value& heads_apart(NodeImport& n, Value& x, const char* heads_name) {
  if (n.tensor(x).rank() == 4) return x;
  const Shape s = n.tensor(x).shape;
  int64_t heads = n.required_integer(heads_name);
  check(s.size() == 3, ErrorId::onnx_invalid, "an operand has shape ", s, ", expected rank 3 or 4");
  check(heads > 0 && (!s[2].known() || s[2].value() % heads == 0), ErrorId::onnx_invalid, s, " does not fall into ",
        heads, " heads");
  return n.add(Transpose({0, 2, 1, 3}), {&n.reshape(x, {s[0], s[1], heads, floor_div(s[2], heads)})});
}

// What is added to the scores for masked keys, or null. `q` and `k` are [B,H,S,D], `past` the keys from before.
Value* attention_bias(NodeImport& n, Value& q, Value& k, Value* past) {
  ElementType type = n.tensor(q).element;
  const tenon::Dim total = n.tensor(k).shape[2];
  Value* bias = nullptr;
  auto add = [&](Value& more) { bias = bias ? &n.binary("add", *bias, more) : &more; };
  if (n.has(3)) {
    Value* mask = &n.in(3);
    bool flags = n.tensor(*mask).element == ElementType::boolean;
    if (flags) mask = &minus_infinity_where_not(n, *mask, type);
    const tenon::Dim covered = n.tensor(*mask).shape.at(size_t(n.tensor(*mask).rank()) - 1);
    if (!(covered == total)) {  // what it does not cover is masked
      check(covered.known() && total.known(), ErrorId::unsupported, "a mask over ", covered, " keys of ", total,
            " is not supported");
      Pad op;
      op.axes = {-1};
      mask = &n.add(op, {mask, &n.list({0, total.value() - covered.value()}), &n.number(-infinity, type)});
    }
    add(*mask);
  }
  if (n.integer("is_causal", 0)) {
    Value& lengths = n.add(Concat(0), {&n.add(ShapeOf(2, 3), {&q}), &n.add(ShapeOf(2, 3), {&k})});
    Value& all = n.add(Expand(), {&n.number(-infinity, type), &lengths});
    Value& one = n.list({1});
    Value& first = past ? n.binary("add", n.add(ShapeOf(2, 3), {past}), one) : one;
    add(n.add(Trilu(true), {&all, &first}));
  }
  if (n.has(6)) {  // keys from this length on are padding
    Value& length = n.add(Squeeze({0}), {&n.add(ShapeOf(2, 3), {&k})});
    Value& place = n.add(RangeOf(), {&n.number(0, ElementType::i64), &length, &n.number(1, ElementType::i64)});
    Value& there = n.binary("less", place, n.add(Unsqueeze({1, 2, 3}), {&n.in(6)}));
    add(minus_infinity_where_not(n, there, type));
  }
  return bias;
}

// Each head of keys or values serves as many heads of queries, one after the other.
Value& repeat_heads(NodeImport& n, Value& x, const tenon::Dim& query_heads) {
  const Shape s = n.tensor(x).shape;
  if (s[1] == query_heads) return x;
  check(s[1].known() && query_heads.known(), ErrorId::unsupported, "heads of queries, ", query_heads, ", and of keys, ",
        s[1], ", are not known");
  check(s[1].value() > 0 && query_heads.value() % s[1].value() == 0, ErrorId::onnx_invalid, query_heads,
        " heads of queries do not share ", s[1], " heads of keys");
  int64_t times = query_heads.value() / s[1].value();
  Value& repeated = n.add(Tile(), {&n.add(Unsqueeze({2}), {&x}), &n.list({1, 1, times, 1, 1})});
  return n.reshape(repeated, {s[0], query_heads, s[2], s[3]});
}

void attention(NodeImport& n) {
  Value &q = heads_apart(n, n.in(0), "q_num_heads"), *k = &heads_apart(n, n.in(1), "kv_num_heads");
  Value *v = &heads_apart(n, n.in(2), "kv_num_heads"), *past = n.has(4) ? &n.in(4) : nullptr;
  bool flat = n.tensor(n.in(0)).rank() == 3;
  for (const char* unused : {"q_num_heads", "kv_num_heads"}) n.integer(unused, 0);
  ElementType type = n.tensor(q).element;
  check(n.has(4) == n.has(5), ErrorId::onnx_invalid, "past keys and past values come together");
  if (past) {
    k = &n.add(Concat(2), {past, k});
    v = &n.add(Concat(2), {&n.in(5), v});
  }
  if (n.wants(1)) n.out(1, *k);
  if (n.wants(2)) n.out(2, *v);
  Value* bias = attention_bias(n, q, *k, past);

  const Shape shape = n.tensor(q).shape;
  check(n.has_attribute("scale") || shape[3].known(), ErrorId::unsupported, "the size of a head is not known");
  double scale = n.has_attribute("scale") ? n.floating("scale", 1) : 1 / std::sqrt(double(shape[3].value()));
  check(scale >= 0, ErrorId::unsupported, "scale is ", scale);
  Value& keys = n.add(Transpose({0, 1, 3, 2}), {&repeat_heads(n, *k, shape[1])});
  Value& factor = n.number(std::sqrt(scale), type);
  Value* scores = &n.add(MatMul(), {&n.binary("mul", q, factor), &n.binary("mul", keys, factor)});
  Value* seen[4] = {scores, nullptr, nullptr, nullptr};  // what the fourth result may be
  if (double cap = n.floating("softcap", 0); cap != 0) {
    check(cap > 0, ErrorId::onnx_invalid, "softcap is ", cap);
    Value& limit = n.number(cap, type);
    scores = &n.binary("mul", n.unary("tanh", n.binary("div", *scores, limit)), limit);
  }
  seen[1] = scores;
  if (bias) scores = &n.binary("add", *scores, *bias);
  seen[2] = scores;
  ElementType precise = type;
  if (n.has_attribute("softmax_precision")) precise = element_of(int32_t(n.integer("softmax_precision", 1)));
  scores = &n.cast(n.add(Softmax(-1), {&n.cast(*scores, precise)}), type);
  seen[3] = scores;
  int64_t mode = n.integer("qk_matmul_output_mode", 0);
  check(0 <= mode && mode <= 3, ErrorId::onnx_invalid, "qk_matmul_output_mode is ", mode);
  if (n.wants(3)) n.out(3, *seen[mode]);

  ElementType of_values = n.tensor(*v).element;
  Value* y = &n.add(MatMul(), {&n.cast(*scores, of_values), &repeat_heads(n, *v, shape[1])});
  y = &n.cast(*y, type);
  if (flat) {
    const Shape made = n.tensor(*y).shape;
    y = &n.reshape(n.add(Transpose({0, 2, 1, 3}), {y}), {made[0], made[2], made[1] * made[3]});
  }
  n.out(0, *y);
}

Value& every_other(NodeImport& n, Value& x, int64_t first) {  // of the last axis
  Slice op;
  op.with_axes = op.with_steps = true;
  return n.add(op, {&x, &n.list({first}), &n.list({INT64_MAX}), &n.list({-1}), &n.list({2})});
}

// Pairs (a, b) of a head's first elements turn to (a cos - b sin, a sin + b cos); the angles depend on the place.
void rotary_embedding(NodeImport& n) {
  Value* x = &n.in(0);
  const Shape whole = n.tensor(*x).shape;
  bool flat = whole.size() == 3, interleaved = n.integer("interleaved", 0);
  int64_t heads = n.integer("num_heads", 0), turned = n.integer("rotary_embedding_dim", 0);
  if (flat) {
    check(heads > 0 && (!whole[2].known() || whole[2].value() % heads == 0), ErrorId::onnx_invalid, "num_heads is ",
          heads, " for ", whole);
    x = &n.reshape(*x, {whole[0], whole[1], heads, floor_div(whole[2], heads)});
  }
  check(n.tensor(*x).rank() == 4, ErrorId::onnx_invalid, "x has shape ", whole, ", expected rank 3 or 4");
  const Shape s = n.tensor(*x).shape;
  check(s[3].known(), ErrorId::unsupported, "the size of a head, ", s[3], ", is not known");
  if (turned == 0) turned = s[3].value();
  check(turned > 0 && turned % 2 == 0 && turned <= s[3].value(), ErrorId::onnx_invalid, "rotary_embedding_dim is ",
        turned, " for heads of ", s[3]);
  auto angles = [&](int operand) -> Value& {
    Value& table = n.has(3) ? n.add(Gather(0), {&n.in(operand), &n.in(3)}) : n.in(operand);
    return n.add(Unsqueeze({flat ? 2 : 1}), {&table});
  };
  Value &cos = angles(1), &sin = angles(2);
  Split op;
  op.axis = -1;
  op.sizes = {turned, s[3].value() - turned};
  tenon::Node& parts = n.add_node(op, {x}, 2);
  Value& front = parts.output(0);
  op.sizes = {turned / 2, turned / 2};
  tenon::Node* halves = interleaved ? nullptr : &n.add_node(op, {&front}, 2);
  Value& a = interleaved ? every_other(n, front, 0) : halves->output(0);
  Value& b = interleaved ? every_other(n, front, 1) : halves->output(1);
  Value& real = n.binary("sub", n.binary("mul", cos, a), n.binary("mul", sin, b));
  Value& imaginary = n.binary("add", n.binary("mul", sin, a), n.binary("mul", cos, b));
  Value* y = nullptr;
  if (interleaved) {
    Value& pairs = n.add(Concat(-1), {&n.add(Unsqueeze({-1}), {&real}), &n.add(Unsqueeze({-1}), {&imaginary})});
    y = &n.reshape(pairs, {s[0], s[1], s[2], turned});
  } else {
    y = &n.add(Concat(-1), {&real, &imaginary});
  }
  y = &n.add(Concat(-1), {y, &parts.output(1)});
  n.out(flat ? n.reshape(*y, whole) : *y);
}

// A depthwise convolution that sees what came before: k - 1 elements of the state, or zeros.
void causal_conv(NodeImport& n) {
  Value &x = n.in(0), &w = n.in(1);
  const TensorType type = n.tensor(x);
  const Shape window = n.tensor(w).shape;
  check(type.rank() == 3 && window.size() == 3, ErrorId::onnx_invalid, "x is ", type, ", the weights are ", n.tensor(w),
        ", expected rank 3");
  check(window[0].known() && window[2].known(), ErrorId::unsupported, "the shape of the weights, ", window,
        ", is not known");
  int64_t before = window[2].value() - 1;
  check(before >= 0, ErrorId::onnx_invalid, "the weights are ", n.tensor(w));
  Value& padded = n.has(3) ? n.add(Concat(2), {&n.in(3), &x}) : n.add(Pad(), {&x, &n.list({0, 0, before, 0, 0, 0})});
  Conv op;
  op.groups = window[0].value();
  Value* y = &n.add(op, n.has(2) ? std::vector{&padded, &w, &n.in(2)} : std::vector{&padded, &w});
  std::string activation = n.text("activation", "none");
  check(activation == "none" || activation == "silu" || activation == "swish", ErrorId::onnx_invalid, "activation is '",
        activation, "'");
  if (activation != "none") y = &n.unary("silu", *y);
  n.out(0, *y);
  if (!n.wants(1)) return;
  Slice last;
  last.with_axes = true;
  Value& from = before ? n.list({-before}) : n.list({INT64_MAX});
  n.out(1, n.add(last, {&padded, &from, &n.list({INT64_MAX}), &n.list({2})}));
}

void tensor_scatter(NodeImport& n) {
  std::string mode = n.text("mode", "linear");
  check(mode == "linear" || mode == "circular", ErrorId::onnx_invalid, "mode is '", mode, "'");
  TensorScatter op(n.integer("axis", -2), mode == "circular");
  n.out(n.add(op, n.has(2) ? std::vector{&n.in(0), &n.in(1), &n.in(2)} : std::vector{&n.in(0), &n.in(1)}));
}

// The recurrence takes heads as they are packed; `chunk_size` is a hint for those who split it.
void linear_attention(NodeImport& n) {
  static const char* const rules[] = {"linear", "gated", "delta", "gated_delta"};
  LinearAttention op;
  std::string rule = n.text("update_rule", "gated_delta");
  int index = 0;
  while (index < 4 && rule != rules[index]) ++index;
  check(index < 4, ErrorId::onnx_invalid, "update_rule is '", rule, "'");
  op.rule = StateRule(index);
  op.q_heads = n.required_integer("q_num_heads");
  op.heads = n.required_integer("kv_num_heads");
  n.integer("chunk_size", 64);
  bool gated = index & 1, delta = index & 2;
  check(n.has(4) == gated, ErrorId::onnx_invalid, "update_rule ", rule, gated ? " needs a decay" : " takes no decay");
  check(n.has(5) == delta, ErrorId::onnx_invalid, "update_rule ", rule, delta ? " needs beta" : " takes no beta");
  op.scale = n.floating("scale", 0);
  op.with_state = n.has(3);
  std::vector<Value*> operands{&n.in(0), &n.in(1), &n.in(2)};
  for (int i : {3, 4, 5})
    if (n.has(i)) operands.push_back(&n.in(i));
  tenon::Node& node = n.add_node(op, operands, 2);
  n.out(0, node.output(0));
  if (n.wants(1)) n.out(1, node.output(1));
}

// Of ai.onnx.preview; what a model does to the scores in graphs of its own is refused as an attribute nobody reads.
void flex_attention(NodeImport& n) {
  Value &q = n.in(0), &k = n.in(1), &v = n.in(2);
  for (Value* operand : {&q, &k, &v})
    check(n.tensor(*operand).rank() == 4, ErrorId::onnx_invalid, "an operand is ", n.tensor(*operand),
          ", expected [batch,heads,length,size]");
  const TensorType type = n.tensor(q);
  check(n.has_attribute("scale") || type.shape[3].known(), ErrorId::unsupported, "the size of a head is not known");
  double scale = n.has_attribute("scale") ? n.floating("scale", 1) : 1 / std::sqrt(double(type.shape[3].value()));
  check(scale >= 0, ErrorId::unsupported, "scale is ", scale);
  ElementType precise = type.element == ElementType::f64 ? ElementType::f64 : ElementType::f32;
  if (n.has_attribute("softmax_precision")) precise = element_of(int32_t(n.integer("softmax_precision", 1)));
  Value &factor = n.number(std::sqrt(scale), type.element), &keys = repeat_heads(n, k, type.shape[1]);
  Value& turned = n.add(Transpose({0, 1, 3, 2}), {&n.binary("mul", keys, factor)});
  Value& scores = n.add(MatMul(), {&n.binary("mul", q, factor), &turned});
  Value& weights = n.add(Softmax(-1), {&n.cast(scores, precise)});
  Value& y = n.add(MatMul(), {&weights, &n.cast(repeat_heads(n, v, type.shape[1]), precise)});
  n.out(n.cast(y, type.element));
}

const Import table[] = {
    {"Attention", attention, 23},
    {"LinearAttention", linear_attention, 27},
    {"FlexAttention", flex_attention, 1, 1, "ai.onnx.preview"},
    {"TensorScatter", tensor_scatter, 24},
    {"RotaryEmbedding", rotary_embedding, 23},
    {"CausalConvWithState", causal_conv, 27},
};

}  // namespace

const Imports import_attention = table;

}  // namespace tenon::onnx
