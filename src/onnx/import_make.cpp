// Tensors made from shapes and numbers, and the rearrangements that are more than one operator of ours.
#include <cmath>

#include "onnx/importer.h"
#include "ops/assertion/assertion.h"
#include "ops/cast/cast.h"
#include "ops/concat/concat.h"
#include "ops/constant/constant.h"
#include "ops/cumulate/cumulate.h"
#include "ops/elementwise/elementwise.h"
#include "ops/expand/expand.h"
#include "ops/gather/gather.h"
#include "ops/range/range.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"
#include "ops/slice/slice.h"
#include "ops/split/split.h"
#include "ops/tile/tile.h"
#include "ops/transpose/transpose.h"
#include "ops/trilu/trilu.h"

namespace tenon::onnx {

namespace {

void size(NodeImport& n) { n.out(n.add(Reduce(ReduceKind::prod, {0}, false), {&n.add(ShapeOf(), {&n.in(0)})})); }

void constant_of_shape(NodeImport& n) {
  Weights value = n.tensor_attribute("value");
  if (!value) value = make_weights<float>(ElementType::f32, {1}, {0});
  check(value->extents.count() == 1, ErrorId::onnx_invalid, "the value has ", value->extents.count(), " elements");
  Value& one = n.reshape(n.as_value(value), {});
  n.out(n.add(Expand(), {&one, &n.in(0)}));
}

// Ones on diagonal k: what is left of a matrix of ones between two triangles.
void eye_like(NodeImport& n) {
  Value& x = n.in(0);
  ElementType type = n.tensor(x).element;
  check(n.tensor(x).rank() == 2, ErrorId::onnx_invalid, "x is ", n.tensor(x), ", expected a matrix");
  if (n.has_attribute("dtype")) type = element_of(int32_t(n.integer("dtype", 1)));
  Value &k = n.list({n.integer("k", 0)}), &ones = n.add(Expand(), {&n.number(1, type), &n.add(ShapeOf(), {&x})});
  Value& upper = n.add(Trilu(true), {&ones, &k});
  n.out(n.add(Trilu(false), {&upper, &k}));
}

// Integers stay an operator, so that the limit may be an extent; floats are constants, or a run counts them.
void range(NodeImport& n) {
  ElementType type = n.tensor(n.in(0)).element;
  bool known = n.constant(0) && n.constant(1) && n.constant(2);
  if (!known && n.importer().extents_may_be_late())
    return n.out(n.add(RangeOf(n.late_symbol()), {&n.in(0), &n.in(1), &n.in(2)}));
  if (type == ElementType::i64 || type == ElementType::i32)
    return n.out(n.add(RangeOf(), {&n.in(0), &n.in(1), &n.in(2)}));
  check(known, ErrorId::not_known, "its numbers are not constant");
  double number[3];
  for (int i : {0, 1, 2}) {
    Weights w = n.constant(i);
    check(w->extents.count() == 1 && w->element == type, ErrorId::onnx_invalid, "operand ", i, " is ", w->element,
          w->extents, ", expected one ", type);
    number[i] = cast_scalar(load_scalar(w->data, type), type, ElementType::f64).f;
  }
  check(number[2] != 0, ErrorId::onnx_invalid, "delta is 0");
  double count = std::max(0.0, std::ceil((number[1] - number[0]) / number[2]));
  check(count <= 1 << 26, ErrorId::limit_exceeded, "the range has more than 2^26 elements");
  View view;
  Weights list = make_weights(type, {int64_t(count)}, view);
  for (int64_t i = 0; i < int64_t(count); ++i) {
    Scalar s{};
    s.f = number[0] + double(i) * number[2];
    store_scalar(view.as<std::byte>() + i * size_bytes(type), type, cast_scalar(s, ElementType::f64, type));
  }
  n.out(n.as_value(list));
}

// Sizes that are not constant: slices, one behind the other, whose sizes have to be what they are together.
void split_by_contents(NodeImport& n, int64_t axis) {
  Value &x = n.in(0), &sizes = n.cast(n.in(1), ElementType::i64);
  const Shape parts = n.tensor(sizes).shape;
  check(parts.size() == 1 && (!parts[0].known() || parts[0].is(n.output_count())), ErrorId::onnx_invalid, "there are ",
        parts, " sizes for ", n.output_count(), " results");
  axis = axis_of(axis, n.tensor(x).rank());
  Value& extent = n.add(ShapeOf(axis, axis + 1), {&x});
  auto all = [&](ReduceKind kind) -> Value& { return n.add(Reduce(kind, {}), {&sizes}); };
  Value& within = n.binary("and", n.binary("greater_equal", all(ReduceKind::min), n.list({0})),
                           n.binary("less_equal", all(ReduceKind::max), extent));
  Value& fits = n.binary("and", within, n.binary("equal", all(ReduceKind::sum), extent));
  Value& checked = n.add(Assertion("the sizes do not add up to the axis' extent"), {&x, &fits});
  Slice op;
  op.with_axes = true;
  Value* from = &n.list({0});
  for (int i = 0; i < n.output_count(); ++i) {
    Value& to = n.binary("add", *from, n.add(Gather(0), {&sizes, &n.list({i})}));
    n.out(i, n.add(op, {&checked, from, &to, &n.list({axis})}));
    from = &to;
  }
}

// Sizes are an attribute until opset 12; without them, as many equal parts as there are results.
void split(NodeImport& n) {
  Split op;
  op.axis = n.integer("axis", 0);
  op.parts = n.output_count();
  if (n.opset() < 13) op.sizes = n.integers("split");
  else if (n.has(1) && !n.constant(1)) return split_by_contents(n, op.axis);
  else if (n.has(1)) op.sizes = n.constant_list(1, "sizes");
  if (n.has_attribute("num_outputs"))
    check(n.integer("num_outputs", 0) == op.parts, ErrorId::onnx_invalid, "num_outputs is ",
          n.integer("num_outputs", 0), ", there are ", op.parts);
  check(op.sizes.empty() || int64_t(op.sizes.size()) == op.parts, ErrorId::onnx_invalid, "there are ", op.sizes.size(),
        " sizes for ", op.parts, " results");
  tenon::Node& node = n.add_node(op, {&n.in(0)}, int(op.parts));
  for (int i = 0; i < int(op.parts); ++i) n.out(i, node.output(i));
}

void trilu(NodeImport& n) {
  Trilu op(n.integer("upper", 1));
  n.out(n.add(op, n.has(1) ? std::vector{&n.in(0), &n.in(1)} : std::vector{&n.in(0)}));
}

void cumulate(NodeImport& n, CumulateKind kind) {
  Cumulate op;
  op.kind = kind;
  op.exclusive = n.integer("exclusive", 0);
  op.reverse = n.integer("reverse", 0);
  n.out(n.add(op, {&n.in(0), &n.in(1)}));
}

void depth_to_space(NodeImport& n) {
  Value& x = n.in(0);
  const Shape s = n.tensor(x).shape;
  int64_t b = n.required_integer("blocksize");
  std::string mode = n.text("mode", "DCR");
  check(s.size() == 4 && b > 0 && b < 32768, ErrorId::onnx_invalid, "x is ", n.tensor(x), ", blocksize ", b);
  check(mode == "DCR" || mode == "CRD", ErrorId::onnx_invalid, "mode is '", mode, "'");
  check(!s[1].known() || s[1].value() % (b * b) == 0, ErrorId::onnx_invalid, s[1], " channels do not fall into blocks");
  tenon::Dim depth = floor_div(s[1], b * b);
  bool blocks_first = mode == "DCR";
  Value& apart =
      n.reshape(x, blocks_first ? Shape{s[0], b, b, depth, s[2], s[3]} : Shape{s[0], depth, b, b, s[2], s[3]});
  std::vector<int64_t> order =
      blocks_first ? std::vector<int64_t>{0, 3, 4, 1, 5, 2} : std::vector<int64_t>{0, 1, 4, 2, 5, 3};
  n.out(n.reshape(n.add(Transpose(order), {&apart}), {s[0], depth, s[2] * b, s[3] * b}));
}

void space_to_depth(NodeImport& n) {
  Value& x = n.in(0);
  const Shape s = n.tensor(x).shape;
  int64_t b = n.required_integer("blocksize");
  check(s.size() == 4 && b > 0 && b < 32768, ErrorId::onnx_invalid, "x is ", n.tensor(x), ", blocksize ", b);
  for (size_t d : {2, 3})
    check(!s[d].known() || s[d].value() % b == 0, ErrorId::onnx_invalid, n.tensor(x), " does not fall into blocks");
  tenon::Dim rows = floor_div(s[2], b), columns = floor_div(s[3], b);
  Value& apart = n.reshape(x, {s[0], s[1], rows, b, columns, b});
  n.out(n.reshape(n.add(Transpose({0, 3, 5, 1, 2, 4}), {&apart}), {s[0], s[1] * (b * b), rows, columns}));
}

const Import table[] = {
    {"Size", size},
    {"ConstantOfShape", constant_of_shape, 9},
    {"EyeLike", eye_like},
    {"Range", range},
    {"Split", split},
    {"Tile",
     [](NodeImport& n) {
       n.out(n.add(Tile(), {&n.in(0), &n.in(1)}));
     }},
    {"Trilu", trilu},
    {"CumSum", [](NodeImport& n) { cumulate(n, CumulateKind::sum); }},
    {"CumProd", [](NodeImport& n) { cumulate(n, CumulateKind::prod); }},
    {"DepthToSpace", depth_to_space},
    {"SpaceToDepth", space_to_depth},
};

}  // namespace

const Imports import_make = table;

}  // namespace tenon::onnx
