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
#include "ops/nms/nms.h"
#include "ops/nonzero/nonzero.h"
#include "ops/one_hot/one_hot.h"
#include "ops/reverse_sequence/reverse_sequence.h"
#include "ops/scatter_elements/scatter_elements.h"
#include "ops/scatter_nd/scatter_nd.h"
#include "ops/shape/shape.h"
#include "ops/topk/topk.h"
#include "ops/unique/unique.h"

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

// Of all elements as a list where there is no axis.
Value& flat(NodeImport& n, Value& x) { return n.reshape(x, {count(n.tensor(x).shape)}); }

void unique(NodeImport& n) {
  bool whole = !n.has_attribute("axis");
  Unique op(n.integer("axis", 0), n.integer("sorted", 1), n.late_symbol());
  tenon::Node& node = n.add_node(op, {whole ? &flat(n, n.in(0)) : &n.in(0)}, 4);
  for (int i = 0; i < n.output_count(); ++i) n.out(i, node.output(i));
}

// Those slices, or elements, at whose places the condition is true; none where it has ended.
void compress(NodeImport& n) {
  bool whole = !n.has_attribute("axis");
  const TensorType condition = n.tensor(n.in(1));
  check(condition.rank() == 1 && condition.element == ElementType::boolean, ErrorId::onnx_invalid, "the condition is ",
        condition, ", expected a list of bool");
  Value& x = whole ? flat(n, n.in(0)) : n.in(0);
  Value& places = n.add(NonZero(n.late_symbol()), {&n.in(1)});
  n.out(n.add(Gather(n.integer("axis", 0)), {&x, &n.reshape(places, {n.tensor(places).shape[1]})}));
}

void non_max_suppression(NodeImport& n) {
  int64_t center = n.integer("center_point_box", 0);
  check(center == 0 || center == 1, ErrorId::onnx_invalid, "center_point_box is ", center, ", expected 0 or 1");
  Value& most = n.has(2) ? n.in(2) : n.integer_value(0, ElementType::i64);
  Value& overlap = n.has(3) ? n.in(3) : n.number(0, ElementType::f32);
  std::vector<Value*> operands{&n.in(0), &n.in(1), &most, &overlap};
  if (n.has(4)) operands.push_back(&n.in(4));
  n.out(n.add(Nms(center == 1, n.late_symbol()), operands));
}

const Import table[] = {
    {"ReverseSequence", reverse_sequence},
    {"NonZero", [](NodeImport& n) { n.out(n.add(NonZero(n.late_symbol()), {&n.in(0)})); }, 9},
    {"Unique", unique, 11},
    {"Compress", compress, 9},
    {"NonMaxSuppression", non_max_suppression, 10},
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
