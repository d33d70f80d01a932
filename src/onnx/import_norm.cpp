// Normalisation: each is `normalize` over its own axes, with what ONNX does around it.
#include "onnx/import.h"
#include "ops/cast/cast.h"
#include "ops/normalize/normalize.h"
#include "ops/reduce/reduce.h"
#include "ops/select/select.h"

namespace tenon::onnx {

namespace {

std::vector<int64_t> axes_from(int64_t first, int rank) {
  std::vector<int64_t> axes;
  for (int64_t d = axis_of(first, rank); d < rank; ++d) axes.push_back(d);
  return axes;
}

// The type that statistics are given in, and at least computed in.
ElementType stash_type(NodeImport& n) {
  ElementType type = element_of(int32_t(n.integer("stash_type", 1)));
  check(float_types.contains(type), ErrorId::onnx_invalid, "stash_type is ", type);
  return type;
}

void layer_norm(NodeImport& n) {
  Value& x = n.in(0);
  double epsilon = n.floating("epsilon", 1e-5);
  std::vector<int64_t> axes = axes_from(n.integer("axis", -1), n.tensor(x).rank());
  ElementType stash = stash_type(n);
  std::vector<Value*> operands{&x, &n.in(1)};
  if (n.has(2)) operands.push_back(&n.in(2));
  n.out(n.add(Normalize(axes, epsilon), operands));
  if (!n.wants(1) && !n.wants(2)) return;
  Value& wide = n.cast(x, stash);
  Value& mean = n.add(Reduce(ReduceKind::mean, axes), {&wide});
  n.out(1, mean);
  if (!n.wants(2)) return;
  Value& off = n.binary("sub", wide, mean);
  Value& variance = n.add(Reduce(ReduceKind::mean, axes), {&n.binary("mul", off, off)});
  n.out(2, n.unary("recip", n.unary("sqrt", n.binary("add", variance, n.number(epsilon, stash)))));
}

void rms_norm(NodeImport& n) {
  Value &x = n.in(0), &scale = n.in(1);
  stash_type(n);  // it is computed as precisely as in any of them
  ElementType from = n.tensor(x).element, to = n.tensor(scale).element;
  Normalize op(axes_from(n.integer("axis", -1), n.tensor(x).rank()), n.floating("epsilon", 1e-5), false);
  if (from == to) return n.out(n.add(op, {&x, &scale}));
  n.out(n.binary("mul", n.cast(n.add(op, {&x}), to), scale));
}

void instance_norm(NodeImport& n) {
  Value& x = n.in(0);
  int rank = n.tensor(x).rank();
  check(rank >= 3, ErrorId::onnx_invalid, "x is ", n.tensor(x), ", expected [N,C] and spatial axes");
  Shape per_channel(size_t(rank) - 1, 1);
  per_channel[0] = n.tensor(x).shape[1];
  Normalize op(axes_from(2, rank), n.floating("epsilon", 1e-5));
  n.out(n.add(op, {&x, &n.reshape(n.in(1), per_channel), &n.reshape(n.in(2), per_channel)}));
}

// Channels fall into groups; scale and bias count groups until opset 20, channels from then on.
void group_norm(NodeImport& n) {
  Value& x = n.in(0);
  const TensorType type = n.tensor(x);
  int64_t groups = n.required_integer("num_groups");
  check(type.rank() >= 2, ErrorId::onnx_invalid, "x is ", type, ", expected [N,C,…]");
  const tenon::Dim& channels = type.shape[1];
  check(groups > 0 && (!channels.known() || channels.value() % groups == 0), ErrorId::onnx_invalid, channels,
        " channels do not fall into ", groups, " groups");
  if (n.opset() >= 21) stash_type(n);
  Shape grouped = type.shape, like_scale(size_t(type.rank()), 1);
  grouped[1] = groups;
  grouped.insert(grouped.begin() + 2, floor_div(channels, groups));
  like_scale[0] = groups;
  if (n.opset() >= 21) like_scale[1] = grouped[2];
  Normalize op(axes_from(2, type.rank() + 1), n.floating("epsilon", 1e-5));
  Value& y = n.add(op, {&n.reshape(x, grouped), &n.reshape(n.in(1), like_scale), &n.reshape(n.in(2), like_scale)});
  n.out(n.reshape(y, type.shape));
}

// (x - mean x) / (deviation x + 1e-9)
void mean_variance_norm(NodeImport& n) {
  Value& x = n.in(0);
  ElementType type = n.tensor(x).element;
  std::vector<int64_t> axes = n.has_attribute("axes") ? n.integers("axes") : std::vector<int64_t>{0, 2, 3};
  Value& off = n.binary("sub", x, n.add(Reduce(ReduceKind::mean, axes), {&x}));
  Value& variance = n.add(Reduce(ReduceKind::mean, axes), {&n.binary("mul", off, off)});
  Value& deviation = n.unary("sqrt", variance);
  n.out(n.binary("div", off, n.binary("add", deviation, n.number(1e-9, type))));
}

// x / its norm along the axis; 0 where that is 0
void lp_norm(NodeImport& n) {
  Value& x = n.in(0);
  int64_t p = n.integer("p", 2);
  check(p == 1 || p == 2, ErrorId::onnx_invalid, "p is ", p, ", expected 1 or 2");
  Value& norm = n.add(Reduce(p == 1 ? ReduceKind::l1 : ReduceKind::l2, {n.integer("axis", -1)}), {&x});
  Value& zero = n.number(0, n.tensor(x).element);
  n.out(n.add(Select(), {&n.binary("equal", norm, zero), &zero, &n.binary("div", x, norm)}));
}

const Import table[] = {
    {"LayerNormalization", layer_norm},
    {"RMSNormalization", rms_norm},
    {"InstanceNormalization", instance_norm},
    {"GroupNormalization", group_norm, 18},
    {"MeanVarianceNormalization", mean_variance_norm, 9},
    {"LpNormalization", lp_norm},
};

}  // namespace

const Imports import_norm = table;

}  // namespace tenon::onnx
