// Gathering, scattering, ranking: operators that take or give positions.
#include "onnx/import.h"
#include "ops/arg/arg.h"
#include "ops/cast/cast.h"
#include "ops/constant/constant.h"
#include "ops/expand/expand.h"
#include "ops/flatten/flatten.h"
#include "ops/gather/gather.h"
#include "ops/gather_elements/gather_elements.h"
#include "ops/gather_nd/gather_nd.h"
#include "ops/nonzero/nonzero.h"
#include "ops/one_hot/one_hot.h"
#include "ops/reverse_sequence/reverse_sequence.h"
#include "ops/scatter_elements/scatter_elements.h"
#include "ops/scatter_nd/scatter_nd.h"
#include "ops/shape/shape.h"
#include "ops/topk/topk.h"

namespace tenon::onnx {

namespace {

ScatterKind reduction(NodeImport& n) {
  std::string name = n.opset() < 16 ? "none" : n.text("reduction", "none");
  for (size_t i = 0; i < std::size(scatter_kind_names); ++i)
    if (name == scatter_kind_names[i]) return ScatterKind(i);
  fail(ErrorId::onnx_invalid, "reduction is '", name, "'");
}

void scatter_elements(NodeImport& n) {
  ScatterElements op(n.integer("axis", 0), reduction(n));
  n.out(n.add(op, {&n.in(0), &n.in(1), &n.in(2)}));
}

void arg(NodeImport& n, ArgKind kind) {
  Arg op;
  op.kind = kind;
  op.axis = n.integer("axis", 0);
  op.keep_dims = n.integer("keepdims", 1);
  op.last = n.integer("select_last_index", 0);
  n.out(n.add(op, {&n.in(0)}));
}

// k is an attribute until opset 9.
void topk(NodeImport& n) {
  TopK op(n.integer("axis", -1), n.integer("largest", 1));
  n.integer("sorted", 1);  // in order is as good as in any order
  Value& k = n.opset() < 10 ? n.list({n.required_integer("k")}) : n.in(1);
  tenon::Node& node = n.add_node(op, {&n.in(0), &k}, 2);
  n.out(0, node.output(0));
  n.out(1, node.output(1));
}

// The depth may be a number of any type.
void one_hot(NodeImport& n) {
  OneHot op(n.integer("axis", -1));
  Value* depth = &n.in(1);
  ElementType type = n.tensor(*depth).element;
  if (type != ElementType::i64 && type != ElementType::i32) {
    Weights given = n.constant(1);
    check(given && given->extents.count() == 1, ErrorId::not_known, "the depth is not constant");
    Scalar s = load_scalar(given->data, given->element);
    depth = &n.list({cast_scalar(s, given->element, ElementType::i64).i});
  }
  n.out(n.add(op, {&n.in(0), depth, &n.in(2)}));
}

// 1 at the first largest element along the axis, 0 elsewhere; until opset 12 all axes from `axis` on count as one.
void hardmax(NodeImport& n) {
  Value* x = &n.in(0);
  const TensorType type = n.tensor(*x);
  int64_t axis = axis_of(n.integer("axis", n.opset() < 13 ? 1 : -1), type.rank());
  bool flat = n.opset() < 13;
  if (flat) {
    x = &n.add(Flatten(axis), {x});
    axis = 1;
  }
  Arg largest;
  largest.axis = axis;
  largest.keep_dims = false;
  View view;
  Weights off_on = make_weights(type.element, {2}, view);
  Scalar one{};
  one.f = 1;
  store_scalar(view.as<std::byte>() + size_bytes(type.element), type.element, one);
  Value& depth = n.add(ShapeOf(axis, axis + 1), {x});
  Value& y = n.add(OneHot(axis), {&n.add(largest, {x}), &depth, &n.as_value(off_on)});
  n.out(flat ? n.reshape(y, type.shape) : y);
}

void reverse_sequence(NodeImport& n) {
  ReverseSequence op;
  op.batch_axis = n.integer("batch_axis", 1);
  op.time_axis = n.integer("time_axis", 0);
  n.out(n.add(op, {&n.in(0), &n.in(1)}));
}

const Import table[] = {
    {"ReverseSequence", reverse_sequence},
    {"NonZero", [](NodeImport& n) { n.out(n.add(NonZero(n.late_symbol()), {&n.in(0)})); }},
    {"Gather",
     [](NodeImport& n) {
       n.out(n.add(Gather(n.integer("axis", 0)), {&n.in(0), &n.in(1)}));
     }},
    {"GatherElements",
     [](NodeImport& n) {
       n.out(n.add(GatherElements(n.integer("axis", 0)), {&n.in(0), &n.in(1)}));
     }},
    {"GatherND",
     [](NodeImport& n) {
       n.out(n.add(GatherNd(n.integer("batch_dims", 0)), {&n.in(0), &n.in(1)}));
     }},
    {"Scatter", scatter_elements, 9, 10},
    {"ScatterElements", scatter_elements, 11},
    {"ScatterND",
     [](NodeImport& n) {
       n.out(n.add(ScatterNd(reduction(n)), {&n.in(0), &n.in(1), &n.in(2)}));
     }},
    {"ArgMax", [](NodeImport& n) { arg(n, ArgKind::max); }},
    {"ArgMin", [](NodeImport& n) { arg(n, ArgKind::min); }},
    {"TopK", topk},
    {"OneHot", one_hot},
    {"Hardmax", hardmax},
};

}  // namespace

const Imports import_index = table;

}  // namespace tenon::onnx
