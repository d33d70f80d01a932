#include "objects/quantize_layers.h"

#include <algorithm>
#include <cmath>

#include "objects/convert.h"
#include "objects/draft.h"
#include "ops/cast/cast.h"
#include "ops/dequantize/dequantize.h"
#include "ops/elementwise/elementwise.h"
#include "ops/quantize/quantize.h"
#include "ops/reduce/reduce.h"
#include "ops/select/select.h"
#include "ops/unary/unary.h"

namespace tenon::objects {

namespace {

// The extents that x and a scale of its rank say their blocks have.
Blocks blocks_between(const Shape& x, const Shape& scale) {
  Blocks blocks;
  for (size_t d = 0; d < x.size(); ++d) {
    bool known = x[d].known() && scale[d].known();
    if (x[d] == scale[d]) blocks.push_back(1);
    else if (scale[d].is(1)) blocks.push_back(-1);
    else if (known && scale[d].value() > 0 && x[d].value() % scale[d].value() == 0)
      blocks.push_back(x[d].value() / scale[d].value());
    else
      fail(ErrorId::invalid_argument, "the scale has shape ", scale, ", which along axis ", d, " does not cut ", x,
           " into blocks of one extent");
  }
  return blocks;
}

Blocks blocks_given(const Dims& given, const Shape& x) {
  check(given.n == int32_t(x.size()), "the block is ", to_text(given), ", expected an extent for each axis of ", x);
  return list_of(given);
}

bool whole(int64_t block, const Dim& extent) { return block < 0 || extent.is(block); }

// Every axis with several blocks of several elements as two. Refuses a last block that is not full.
Shape split(const Shape& x, const Blocks& blocks) {
  Shape parts;
  for (size_t d = 0; d < x.size(); ++d) {
    if (blocks[d] == 1 || whole(blocks[d], x[d])) {
      parts.push_back(x[d]);
      continue;
    }
    check(x[d].known() && x[d].value() % blocks[d] == 0, ErrorId::unsupported, "blocks of ", blocks[d], " along axis ",
          d, " of ", x, ", which they do not fill");
    parts.insert(parts.end(), {Dim(x[d].value() / blocks[d]), Dim(blocks[d])});
  }
  return parts;
}

Shape split_scale(const Shape& x, const Shape& scale, const Blocks& blocks) {
  Shape parts;
  for (size_t d = 0; d < x.size(); ++d) {
    parts.push_back(scale[d]);
    if (blocks[d] != 1 && !whole(blocks[d], x[d])) parts.push_back(1);
  }
  return parts;
}

// Blocks along one axis are the operator's own; others are axes of their own, along which the scale is spread.
template <class Q>
tenon::Value& in_blocks(Draft& draft, Q op, const Blocks& blocks, Values operands) {
  const Shape x = draft.type(*operands[0]).shape, scale = draft.type(*operands[1]).shape;
  check(scale.size() == x.size(), "the scale has shape ", scale, ", expected an extent for each axis of ", x);
  std::vector<size_t> cut;
  bool alone = true;  // one scale for each place of the other axes
  for (size_t d = 0; d < x.size(); ++d) {
    bool all = blocks[d] != 1 && whole(blocks[d], x[d]);
    Dim expected = all ? Dim(1) : ceil_div(x[d], blocks[d]);
    check(!scale[d].known() || !expected.known() || scale[d] == expected, "the scale has shape ", scale, ", expected ",
          expected, " along axis ", d, " for blocks of ", all ? x[d] : Dim(blocks[d]), " of ", x);
    if (blocks[d] != 1 && !all) cut.push_back(d);
    alone = alone && !(all && !x[d].is(1));
  }
  if (cut.size() == 1 && alone) {
    op.axis = int64_t(cut[0]);
    op.block_size = blocks[cut[0]];
    return draft.add(op, operands);
  }
  op.spread = true;
  if (cut.empty()) return draft.add(op, operands);
  Shape parts = split(x, blocks), of_scale = split_scale(x, scale, blocks);
  for (size_t i = 0; i < operands.size(); ++i) operands[i] = &draft.reshape(*operands[i], i ? of_scale : parts);
  return draft.reshape(draft.add(op, operands), x);
}

// One scale for all needs no axis; a list of them does.
template <class Q>
Values scaled(Draft& draft, Q op, const BlockLayer& layer) {
  const TensorType x = draft.type(0), scale = draft.type(1);
  Values operands{&draft.in(0), &draft.in(1)};
  if (draft.has(2)) operands.push_back(&draft.in(2));
  if (layer.blocks) return {&in_blocks(draft, op, blocks_given(*layer.blocks, x.shape), operands)};
  bool one = Grain::is_one(scale.shape);
  bool list = scale.rank() == 1 && (x.rank() != 1 || !all_known(x.shape) || scale.shape == x.shape);
  if (!one && !list && scale.rank() == x.rank())
    return {&in_blocks(draft, op, blocks_between(x.shape, scale.shape), operands)};
  check(one || (layer.axis >= 0 && layer.axis < x.rank()), "the scale is ", scale, ", so that the axis, ", layer.axis,
        ", has to be one of x ", x);
  op.axis = std::max<int64_t>(layer.axis, 0);
  return {&draft.add(op, operands)};
}

template <class Q>
bool read_scaled(const tenon::Node& node, BlockLayer& layer) {
  const Q* op = as<Q>(node);
  if (!op || op->block_size) return false;
  int rank = node.input(0).type().rank();
  if (rank > 0 && -rank <= op->axis && op->axis < rank) layer.axis = axis_of(op->axis, rank);
  layer.to = data_type_of(op->to);
  return true;
}

}  // namespace

void BlockLayer::set_blocks(const Dims& d) {
  check(d.n >= 1, "a block of ", d.n, " axes");
  for (int i = 0; i < d.n; ++i)
    check(d.d[i] >= 1 || d.d[i] == -1, "the block is ", to_text(d), "; extents are 1 at least, or -1 for a whole axis");
  blocks = d;
}

Dims BlockLayer::get_blocks() const {
  if (blocks) return *blocks;
  Dims none;
  none.n = -1;
  return none;
}

Values QuantizeLayer::build(Draft& draft) const {
  Quantize op;
  op.to = element_of(to);
  return scaled(draft, op, *this);
}

bool QuantizeLayer::read(const tenon::Node& node) { return read_scaled<Quantize>(node, *this); }

Values DequantizeLayer::build(Draft& draft) const {
  Dequantize op;
  op.to = element_of(to);
  return scaled(draft, op, *this);
}

bool DequantizeLayer::read(const tenon::Node& node) { return read_scaled<Dequantize>(node, *this); }

DynamicQuantizeLayer::DynamicQuantizeLayer(Network& n, int32_t a, int32_t size, DataType t, DataType scale)
    : BlockLayer(n, LayerType::dynamic_quantize, t, 2), block_size(size), scale_type(scale) {
  axis = a;
}

DynamicQuantizeLayer::DynamicQuantizeLayer(Network& n, const Dims& block, DataType t, DataType scale)
    : DynamicQuantizeLayer(n, -1, 0, t, scale) {
  set_blocks(block);
}

Narrowed narrowed(Draft& draft, tenon::Value& x, const Blocks& blocks, DataType to, DataType scale_type,
                  tenon::Value* of_scales) {
  const TensorType type = draft.type(x);
  constexpr ElementType f32 = ElementType::f32;
  check(half_types.contains(type.element) || type.element == f32, ErrorId::unsupported_type, "the input is ", type,
        ", expected f32, f16 or bf16");
  double most = to == DataType::fp4 ? 6 : to == DataType::fp8 ? 448 : 127;
  check(to == DataType::fp4 || to == DataType::fp8 || to == DataType::int8, ErrorId::unsupported_type,
        "elements become kFP4, kFP8 or kINT8, not ", element_of(to));
  constexpr ElementSet scales = float_types | ElementType::f8e4m3fn | ElementType::f8e8m0;
  ElementType stored = element_of(scale_type);
  check(scales.contains(stored), ErrorId::unsupported_type, "scales are kFP8, kE8M0 or floats, not ", stored);
  Shape parts = split(type.shape, blocks), counts;
  std::vector<int64_t> within;  // the axes of `parts` that lie in a block
  int64_t at = 0;
  for (size_t d = 0; d < type.shape.size(); ++d, ++at) {
    bool all = blocks[d] != 1 && whole(blocks[d], type.shape[d]);
    counts.push_back(all ? Dim(1) : parts[size_t(at)]);
    if (blocks[d] != 1) within.push_back(all ? at : ++at);
  }
  check(!within.empty(), "every block of ", type, " would be a single element");
  auto binary = [&](const char* name, tenon::Value& a, tenon::Value& b) -> tenon::Value& {
    return draft.add(Elementwise(name), {&a, &b});
  };
  tenon::Value& sizes = draft.cast(draft.add(Unary("abs"), {&draft.reshape(x, parts)}), f32);
  tenon::Value& largest = draft.reshape(draft.add(Reduce(ReduceKind::max, within, false), {&sizes}), counts);
  tenon::Value* unit = &draft.scalar(most, f32);
  if (of_scales) {
    check(Grain::is_one(draft.type(*of_scales).shape), "the scale of the scales is ", draft.type(*of_scales),
          ", expected one number");
    of_scales = &draft.cast(draft.reshape(*of_scales, {}), f32);
    unit = &binary("mul", *unit, *of_scales);
  }
  tenon::Value& scale = draft.cast(binary("div", largest, *unit), stored);
  tenon::Value* applied = &draft.cast(scale, f32);
  if (of_scales) applied = &binary("mul", *applied, *of_scales);
  tenon::Value& nothing = binary("equal", *applied, draft.scalar(0, f32));
  tenon::Value& divisor = draft.add(Select(), {&nothing, &draft.scalar(INFINITY, f32), applied});
  Quantize op;
  op.to = element_of(to);
  return {in_blocks(draft, op, blocks, {&x, &divisor}), scale, *applied};
}

tenon::Value& widened(Draft& draft, const Narrowed& x, const Blocks& blocks, ElementType to) {
  Dequantize op;
  op.to = to;
  return in_blocks(draft, op, blocks, {&x.elements, &x.applied});
}

Values DynamicQuantizeLayer::build(Draft& draft) const {
  const TensorType x = draft.type(0);
  Blocks extents(size_t(x.rank()), 1);
  if (blocks) extents = blocks_given(*blocks, x.shape);
  else {
    check(block_size >= 1, "the block size is ", block_size, "; 1 is the least");
    extents[size_t(axis_of(axis, x.rank()))] = block_size;
  }
  Narrowed made = narrowed(draft, draft.in(0), extents, to, scale_type, draft.has(1) ? &draft.in(1) : nullptr);
  return {&made.elements, &made.scale};
}

}  // namespace tenon::objects
