// Scales and zero points of an axis in the shape that broadcasting wants: then quantizing is arithmetic.
#include "ops/constant/constant.h"
#include "ops/dequantize/dequantize.h"
#include "ops/quantize/quantize.h"
#include "ops/reshape/reshape.h"
#include "optimizer/rules/rules.h"

namespace tenon {

namespace {

Value& reshaped(Rewriter& rw, Value& x, const Shape& shape) {
  Reshape op(shape);
  op.allow_zero = true;
  return x.shape() == shape ? x : rw.add(op, {&x});
}

// quantize(x, s[C]) axis=1 -> quantize(x, reshape(s, [C,1,1])) spread=true; the same for dequantize
template <class T>
Verdict spread_scale(Rewriter& rw, Node& node) {
  T op = *as<T>(node);
  if (op.spread) return no("the scale is spread already");
  const Shape& scale = node.input(1).shape();
  Shape spread;
  if (!Grain::is_one(scale)) {
    if (op.block_size) return no("the scales are of blocks");
    if (!scale[0].known()) return no("the number of scales is symbolic");
    int rank = node.input(0).type().rank(), axis = axis_of(op.axis, rank);
    if (!(node.input(0).shape()[size_t(axis)] == scale[0]))
      return no("whether each position has its scale is not known");
    spread.assign(size_t(rank - axis), 1);
    spread[0] = scale[0];
  }
  op.spread = true;
  op.axis = T().axis;
  std::vector<Value*> operands = node.inputs();
  for (size_t i = 1; i < operands.size(); ++i) operands[i] = &reshaped(rw, *operands[i], spread);
  return rw.replace(node, rw.add(op, operands));
}

const Rule rules[] = {{"spread_quantize_scale", "quantize", spread_scale<Quantize>},
                      {"spread_dequantize_scale", "dequantize", spread_scale<Dequantize>}};

}  // namespace

const Rules spread_scales = rules;

}  // namespace tenon
