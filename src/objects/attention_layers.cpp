#include "objects/attention_layers.h"

#include <cmath>

#include "objects/convert.h"
#include "objects/draft.h"
#include "objects/network.h"
#include "ops/concat/concat.h"
#include "ops/dequantize/dequantize.h"
#include "ops/elementwise/elementwise.h"
#include "ops/expand/expand.h"
#include "ops/gather/gather.h"
#include "ops/identity/identity.h"
#include "ops/matmul/matmul.h"
#include "ops/quantize/quantize.h"
#include "ops/select/select.h"
#include "ops/shape/shape.h"
#include "ops/slice/slice.h"
#include "ops/softmax/softmax.h"
#include "ops/split/split.h"
#include "ops/tensor_scatter/tensor_scatter.h"
#include "ops/tile/tile.h"
#include "ops/transpose/transpose.h"
#include "ops/trilu/trilu.h"
#include "ops/unsqueeze/unsqueeze.h"

namespace tenon::objects {

namespace {

tenon::Value& binary(Draft& draft, const char* name, tenon::Value& a, tenon::Value& b) {
  return draft.add(Elementwise(name), {&a, &b});
}

// Each head of keys or values as often as heads of queries share it.
tenon::Value& repeated_heads(Draft& draft, tenon::Value& x, const Dim& query_heads) {
  const Shape s = draft.type(x).shape;
  if (s[1] == query_heads) return x;
  check(s[1].known() && query_heads.known(), ErrorId::unsupported, "heads of queries, ", query_heads, ", and of keys, ",
        s[1], ", are not known");
  check(s[1].value() > 0 && query_heads.value() % s[1].value() == 0, query_heads, " heads of queries do not share ",
        s[1], " heads of keys");
  int64_t times = query_heads.value() / s[1].value();
  tenon::Value& more = draft.add(Tile(), {&draft.add(Unsqueeze({2}), {&x}), &draft.list({1, 1, times, 1, 1})});
  return draft.reshape(more, {s[0], query_heads, s[2], s[3]});
}
}  // namespace

Values AttentionInputLayer::build(Draft& draft) const {
  Values list;
  for (int i = 0; i < 3; ++i) {
    check(draft.rank(i) == 4, "operand ", i, " of an attention is ", draft.type(i),
          ", expected [batch,heads,length,size]");
    check(float_types.contains(draft.type(i).element) && draft.type(i).element == draft.type(0).element,
          ErrorId::unsupported_type, "operand ", i, " of an attention is ", draft.type(i),
          "; queries, keys and values are floats of one type");
    list.push_back(&draft.add(Identity(), {&draft.in(i)}));
  }
  return list;
}

tenon::Value& AttentionOutputLayer::masked(Draft& draft, tenon::Value& scores) const {
  const TensorType type = draft.type(scores);
  bool normalised = normalization == AttentionNormalizationOp::softmax;
  tenon::Value &zero = draft.scalar(0, type.element), &nothing = draft.scalar(-INFINITY, type.element);
  tenon::Value* y = &scores;
  if (draft.has(3)) {
    const TensorType mask = draft.type(3);
    check(mask.rank() <= 4 && broadcast(type.shape, mask.shape) == type.shape, "the mask is ", mask,
          ", which does not broadcast to the products ", type);
    if (mask.element != ElementType::boolean) y = &binary(draft, "add", *y, draft.cast(draft.in(3), type.element));
    else if (normalised) y = &binary(draft, "add", *y, draft.add(Select(), {&draft.in(3), &zero, &nothing}));
    else y = &draft.add(Select(), {&draft.in(3), y, &zero});
  }
  if (!causal) return *y;
  if (!normalised) return draft.add(Trilu(false), {y});
  tenon::Value& lengths = draft.add(ShapeOf(2, 4), {&scores});
  tenon::Value& above = draft.add(Trilu(true), {&draft.add(Expand(), {&nothing, &lengths}), &draft.list({1})});
  return binary(draft, "add", *y, above);
}

Values AttentionOutputLayer::build(Draft& draft) const {
  const TensorType type = draft.type(0);
  for (int i = 0; i < 3; ++i) check(draft.rank(i) == 4, "operand ", i, " of an attention is ", draft.type(i));
  const Shape q = type.shape, k = draft.type(1).shape, v = draft.type(2).shape;
  check(may_be_equal({q[0], q[3]}, {k[0], k[3]}) && may_be_equal({k[0], k[1], k[2]}, {v[0], v[1], v[2]}),
        "queries are ", type, ", keys ", draft.type(1), ", values ", draft.type(2),
        "; batches, sizes of queries and keys, heads and lengths of keys and values have to agree");
  const Dim heads = q[1];
  tenon::Value& keys = draft.add(Transpose({0, 1, 3, 2}), {&repeated_heads(draft, draft.in(1), heads)});
  tenon::Value* weights = &masked(draft, draft.add(MatMul(), {&draft.in(0), &keys}));
  if (normalization == AttentionNormalizationOp::softmax) weights = &draft.add(Softmax(-1), {weights});
  if (draft.has(4)) {
    Quantize narrow;
    narrow.to = element_of(quantize_to);
    narrow.spread = true;
    Dequantize wide;
    wide.to = type.element;
    wide.spread = true;
    weights = &draft.add(wide, {&draft.add(narrow, {weights, &draft.in(4)}), &draft.in(4)});
  }
  return {&draft.add(MatMul(), {weights, &repeated_heads(draft, draft.in(2), heads)})};
}

Attention::Attention(AttentionInputLayer& i, AttentionOutputLayer& o) : from(i), to(o) {
  inherit(o);
  from.attention = to.attention = this;
}

void Attention::set_input(int32_t i, Tensor& tensor) {
  check(i >= 0 && i < 5, "input ", i, " does not exist; an attention takes queries, keys, values, a mask and a scale");
  if (i < 3) from.set_input(i, tensor);
  else to.set_input(i, tensor);
}

Tensor* Attention::input(int32_t i) const { return i < 3 ? from.input(i) : to.input(i); }

void Attention::set_quantize_type(DataType t) {
  check(t == DataType::fp8 || t == DataType::int8, ErrorId::unsupported_type,
        "weights of an attention are quantized to kFP8 or kINT8, not to ", element_of(t));
  to.quantize_to = t;
  to.changed();
}

Attention* Network::add_attention(Tensor& query, Tensor& key, Tensor& value, AttentionNormalizationOp op, bool causal) {
  auto* from = add<AttentionInputLayer>({&query, &key, &value});
  auto* to = add<AttentionOutputLayer>({from->output(0), from->output(1), from->output(2)}, op, causal);
  return attentions.emplace_back(std::make_unique<Attention>(*from, *to)).get();
}

void RotaryEmbeddingLayer::set_size(int32_t s) {
  check(s >= 0 && s % 2 == 0, "the rotated part of a head is ", s, " elements; an even number of them is possible");
  size = s;
}

Values RotaryEmbeddingLayer::build(Draft& draft) const {
  const TensorType x = draft.type(0);
  check(x.rank() == 4, "the input is ", x, ", expected [batch,heads,length,size]");
  const Shape& s = x.shape;
  check(s[3].known(), ErrorId::unsupported, "the size of a head, ", s[3], ", is not known");
  int64_t turned = size == 0 ? s[3].value() : size, rest = s[3].value() - turned;
  check(turned > 0 && turned % 2 == 0 && rest >= 0, "the rotated part is ", turned, " elements of heads of ", s[3]);
  auto angles = [&](int i) -> tenon::Value& {
    bool by_place = draft.has(3);
    check(draft.rank(i) == (by_place ? 2 : 3), "table ", i, " is ", draft.type(i), ", expected ",
          by_place ? "[places,size / 2]" : "[batch,length,size / 2]");
    const Dim half = draft.type(i).shape.back();
    check(!half.known() || half.is(turned / 2), "table ", i, " is ", draft.type(i), ", expected ", turned / 2,
          " angles for ", turned, " elements");
    tenon::Value& table = by_place ? draft.add(Gather(0), {&draft.in(i), &draft.in(3)}) : draft.in(i);
    check(draft.type(table).rank() == 3, "angles by place are ", draft.type(table), "; places are [batch,length]");
    check(may_be_equal(draft.type(table).shape, {s[0], s[2], half}), "the angles are ", draft.type(table),
          ", expected some for each place of ", x);
    return draft.cast(draft.add(Unsqueeze({1}), {&table}), x.element);
  };
  tenon::Value &cos = angles(1), &sin = angles(2);
  auto cut = [&](tenon::Value& v, std::vector<int64_t> sizes) {
    Split op;
    op.axis = -1;
    op.sizes = std::move(sizes);
    return draft.node(op.clone(), {&v}, 2);
  };
  auto every_other = [&](tenon::Value& v, int64_t first) {
    Slice op;
    op.with_axes = op.with_steps = true;
    return &draft.add(op, {&v, &draft.list({first}), &draft.list({turned}), &draft.list({3}), &draft.list({2})});
  };
  Values parts = rest > 0 ? cut(draft.in(0), {turned, rest}) : Values{&draft.in(0)};
  Values pair = interleaved ? Values{every_other(*parts[0], 0), every_other(*parts[0], 1)}
                            : cut(*parts[0], {turned / 2, turned / 2});
  auto mul = [&](tenon::Value& a, tenon::Value* b) -> tenon::Value& { return binary(draft, "mul", a, *b); };
  tenon::Value* real = &binary(draft, "sub", mul(cos, pair[0]), mul(sin, pair[1]));
  tenon::Value* imaginary = &binary(draft, "add", mul(sin, pair[0]), mul(cos, pair[1]));
  if (interleaved)
    for (tenon::Value** v : {&real, &imaginary}) *v = &draft.add(Unsqueeze({-1}), {*v});
  tenon::Value* y = &draft.add(Concat(-1), {real, imaginary});
  if (interleaved) y = &draft.reshape(*y, {s[0], s[1], s[2], Dim(turned)});
  if (rest > 0) y = &draft.add(Concat(-1), {y, parts[1]});
  return {y};
}

Values KvCacheUpdateLayer::build(Draft& draft) const {
  const TensorType cache = draft.type(0), update = draft.type(1), places = draft.type(2);
  check(cache.rank() == 4 && update.rank() == 4, "the cache is ", cache, " and the update ", update,
        ", expected [batch,heads,length,size] each");
  Shape expected = cache.shape;
  expected[2] = update.shape[2];
  check(may_be_equal(update.shape, expected), "the cache is ", cache, " and the update ", update,
        "; they differ beside their lengths");
  check(places.rank() == 1, "the places are ", places, ", expected one for each batch");
  return {&draft.add(TensorScatter(2, false), {&draft.in(0), &draft.in(1), &draft.in(2)})};
}

}  // namespace tenon::objects
