// Moving, shaping and reducing tensors.
#include "onnx/import.h"
#include "ops/assertion/assertion.h"
#include "ops/concat/concat.h"
#include "ops/constant/constant.h"
#include "ops/expand/expand.h"
#include "ops/flatten/flatten.h"
#include "ops/gather/gather.h"
#include "ops/identity/identity.h"
#include "ops/pad/pad.h"
#include "ops/reduce/reduce.h"
#include "ops/reshape/reshape.h"
#include "ops/select/select.h"
#include "ops/shape/shape.h"
#include "ops/slice/slice.h"
#include "ops/squeeze/squeeze.h"
#include "ops/transpose/transpose.h"
#include "ops/unsqueeze/unsqueeze.h"

namespace tenon::onnx {

namespace {

void constant(NodeImport& n) {
  Weights value = n.tensor_attribute("value");
  if (n.has_attribute("value_int")) value = make_weights<int64_t>(ElementType::i64, {}, {n.integer("value_int", 0)});
  if (n.has_attribute("value_float"))
    value = make_weights<float>(ElementType::f32, {}, {float(n.floating("value_float", 0))});
  if (n.has_attribute("value_ints")) {
    std::vector<int64_t> list = n.integers("value_ints");
    value = make_weights<int64_t>(ElementType::i64, {int64_t(list.size())}, list);
  }
  if (n.has_attribute("value_floats")) {
    std::vector<double> given = n.floats("value_floats");
    std::vector<float> list(given.begin(), given.end());
    value = make_weights<float>(ElementType::f32, {int64_t(list.size())}, list);
  }
  check(value != nullptr, ErrorId::unsupported, "its kind of value is not supported");
  n.out(n.as_value(value));
}

// Attributes until opset 9.
void slice(NodeImport& n) {
  Slice op;
  if (n.opset() < 10) {
    std::vector<int64_t> starts = n.integers("starts"), ends = n.integers("ends"), axes = n.integers("axes");
    op.with_axes = !axes.empty();
    std::vector<Value*> operands{&n.in(0), &n.list(starts), &n.list(ends)};
    if (op.with_axes) operands.push_back(&n.list(axes));
    return n.out(n.add(op, operands));
  }
  op.with_axes = n.has(3);
  op.with_steps = n.has(4);
  std::vector<Value*> operands{&n.in(0), &n.in(1), &n.in(2)};
  for (int i : {3, 4})
    if (n.has(i)) operands.push_back(&n.in(i));
  n.out(n.add(op, operands));
}

std::vector<int64_t> listed_axes(NodeImport& n) {
  return n.opset() < 13 ? n.integers("axes") : n.has(1) ? n.constant_list(1, "axes") : std::vector<int64_t>();
}

// Without a list, axes whose extent is 1 go: open ones stay, and a run in which such a one is 1 ends.
void squeeze(NodeImport& n) {
  Value* x = &n.in(0);
  std::vector<int64_t> axes = listed_axes(n), open;
  if (axes.empty()) {
    const Shape shape = n.tensor(*x).shape;
    for (size_t d = 0; d < shape.size(); ++d) {
      if (!shape[d].known()) open.push_back(int64_t(d));
      if (shape[d].is(1)) axes.push_back(int64_t(d));
    }
  }
  if (!open.empty()) {
    Value& extents = n.add(Gather(0), {&n.add(ShapeOf(), {x}), &n.list(open)});
    Value& stays = n.unary("not", n.binary("equal", extents, n.list({1})));
    x = &n.add(Assertion("an open axis has extent 1 in this run, which a squeeze without axes would drop: list them"),
               {x, &stays});
    if (axes.empty()) return n.out(*x);
  }
  n.out(n.add(Squeeze(axes), {x}));
}

// Attributes until opset 10.
void pad(NodeImport& n) {
  Pad op;
  std::string mode = n.text("mode", "constant");
  const char* const modes[] = {"constant", "reflect", "edge", "wrap"};
  int index = 0;
  while (index < 4 && mode != modes[index]) ++index;
  check(index < 4, ErrorId::onnx_invalid, "mode is '", mode, "'");
  op.mode = PadMode(index);
  if (n.opset() < 11) {
    Value& constant = n.number(n.floating("value", 0), n.tensor(n.in(0)).element);
    return n.out(n.add(op, {&n.in(0), &n.list(n.integers("pads")), &constant}));
  }
  if (n.has(3)) op.axes = n.constant_list(3, "axes");
  std::vector<Value*> operands{&n.in(0), &n.in(1)};
  if (n.has(2)) operands.push_back(&n.in(2));
  n.out(n.add(op, operands));
}

void shape(NodeImport& n) { n.out(n.add(ShapeOf(n.integer("start", 0), n.integer("end", INT64_MAX)), {&n.in(0)})); }

// Axes as an attribute, or since `operand_since` as an operand.
void reduce(NodeImport& n, ReduceKind kind, int operand_since) {
  bool keep = n.integer("keepdims", 1), nothing_if_empty = n.integer("noop_with_empty_axes", 0);
  std::vector<int64_t> axes;
  if (n.opset() < operand_since) axes = n.integers("axes");
  else if (n.has(1)) axes = n.constant_list(1, "axes");
  if (axes.empty() && nothing_if_empty) {
    bool elementwise = kind == ReduceKind::l1 || kind == ReduceKind::l2 || kind == ReduceKind::sum_square ||
                       kind == ReduceKind::log_sum;
    check(!elementwise, ErrorId::unsupported, "noop_with_empty_axes is not supported for this reduction");
    return n.out(n.add(Identity(), {&n.in(0)}));
  }
  n.out(n.add(Reduce(kind, axes, keep), {&n.in(0)}));
}

void global_pool(NodeImport& n, ReduceKind kind) {
  std::vector<int64_t> axes;
  for (int d = 2; d < n.tensor(n.in(0)).rank(); ++d) axes.push_back(d);
  check(!axes.empty(), ErrorId::onnx_invalid, "x has no spatial axes");
  n.out(n.add(Reduce(kind, axes), {&n.in(0)}));
}

// (sum |x|^p)^(1/p) over all spatial axes
void global_lp_pool(NodeImport& n) {
  int64_t p = n.integer("p", 2);
  check(p >= 1, ErrorId::onnx_invalid, "p is ", p);
  if (p <= 2) return global_pool(n, p == 1 ? ReduceKind::l1 : ReduceKind::l2);
  Value& x = n.in(0);
  ElementType type = n.tensor(x).element;
  std::vector<int64_t> axes;
  for (int d = 2; d < n.tensor(x).rank(); ++d) axes.push_back(d);
  check(!axes.empty(), ErrorId::onnx_invalid, "x has no spatial axes");
  Value& powers = n.binary("pow", n.unary("abs", x), n.number(double(p), type));
  Value& sum = n.add(Reduce(ReduceKind::sum, axes), {&powers});
  n.out(n.binary("pow", sum, n.number(1 / double(p), type)));
}

void reshape(NodeImport& n) {
  Reshape op;
  op.from_operand = true;
  op.allow_zero = n.integer("allowzero", 0);
  n.out(n.add(op, {&n.in(0), &n.in(1)}));
}

#define REDUCE(type, kind, since)                                   \
  {                                                                 \
    type, [](NodeImport& n) { reduce(n, ReduceKind::kind, since); } \
  }
const Import table[] = {
    {"Constant", constant},
    {"Identity", [](NodeImport& n) { n.out(n.add(Identity(), {&n.in(0)})); }},
    {"Concat", [](NodeImport& n) { n.out(n.add(Concat(n.required_integer("axis")), n.inputs())); }},
    {"Flatten", [](NodeImport& n) { n.out(n.add(Flatten(n.integer("axis", 1)), {&n.in(0)})); }},
    {"Transpose", [](NodeImport& n) { n.out(n.add(Transpose(n.integers("perm")), {&n.in(0)})); }},
    {"Reshape", reshape},
    {"Slice", slice},
    {"Squeeze", squeeze},
    {"Unsqueeze", [](NodeImport& n) { n.out(n.add(Unsqueeze(listed_axes(n)), {&n.in(0)})); }},
    {"Pad", pad},
    {"Shape", shape},
    {"Expand",
     [](NodeImport& n) {
       n.out(n.add(Expand(), {&n.in(0), &n.in(1)}));
     }},
    {"Where",
     [](NodeImport& n) {
       n.out(n.add(Select(), {&n.in(0), &n.in(1), &n.in(2)}));
     }},
    {"GlobalAveragePool", [](NodeImport& n) { global_pool(n, ReduceKind::mean); }},
    {"GlobalLpPool", global_lp_pool},
    {"GlobalMaxPool", [](NodeImport& n) { global_pool(n, ReduceKind::max); }},
    REDUCE("ReduceSum", sum, 13),
    REDUCE("ReduceMean", mean, 18),
    REDUCE("ReduceProd", prod, 18),
    REDUCE("ReduceMax", max, 18),
    REDUCE("ReduceMin", min, 18),
    REDUCE("ReduceL1", l1, 18),
    REDUCE("ReduceL2", l2, 18),
    REDUCE("ReduceLogSum", log_sum, 18),
    REDUCE("ReduceLogSumExp", log_sum_exp, 18),
    REDUCE("ReduceSumSquare", sum_square, 18),
};

}  // namespace

const Imports import_tensor = table;

}  // namespace tenon::onnx
