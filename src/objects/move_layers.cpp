#include "objects/move_layers.h"

#include <algorithm>

#include "objects/convert.h"
#include "objects/draft.h"
#include "ops/concat/concat.h"
#include "ops/gather/gather.h"
#include "ops/gather_elements/gather_elements.h"
#include "ops/gather_nd/gather_nd.h"
#include "ops/one_hot/one_hot.h"
#include "ops/reshape/reshape.h"
#include "ops/reverse_sequence/reverse_sequence.h"
#include "ops/scatter_elements/scatter_elements.h"
#include "ops/scatter_nd/scatter_nd.h"
#include "ops/section/section.h"
#include "ops/shuffle/shuffle.h"
#include "ops/slice/slice.h"
#include "ops/squeeze/squeeze.h"
#include "ops/transpose/transpose.h"
#include "ops/unsqueeze/unsqueeze.h"

namespace tenon::objects {

namespace {

// The first `rank` axes of an order; empty where they stay as they are.
std::vector<int64_t> permutation_of(const Order& order, int rank, const char* what) {
  std::vector<int64_t> list(order.begin(), order.begin() + rank), sorted = list;
  std::sort(sorted.begin(), sorted.end());
  for (int i = 0; i < rank; ++i)
    check(sorted[size_t(i)] == i, what, " has ", list[size_t(i)], " at ", i, "; it has to name each of ", rank,
          " axes once");
  return list == sorted ? std::vector<int64_t>() : list;
}

void read_order(Order& order, const std::vector<int64_t>& permutation, int rank) {
  for (size_t i = 0; i < permutation.size(); ++i) order[i] = axis_of(permutation[i], rank);
}

}  // namespace

Dims ShuffleLayer::get_shape() const {
  if (shape && inputs.size() < 2) return *shape;
  Dims none;
  none.n = -1;
  return none;
}

Values ShuffleLayer::build(Draft& draft) const {
  const TensorType x = draft.type(0);
  Shuffle op;
  check(x.rank() <= 8, ErrorId::unsupported, "the input is ", x, "; 8 axes at most are possible");
  const int batch = draft.batch();
  auto order_of = [&](const Order& order, int rank, const char* what) {
    std::vector<int64_t> list = permutation_of(order, rank - batch, what);
    for (int64_t& axis : list) axis += batch;
    if (batch && !list.empty()) list.insert(list.begin(), 0);
    return list;
  };
  check(!batch || !draft.has(1), ErrorId::unsupported, "a shape as an operand, in networks with implicit batch");
  op.first = order_of(first, x.rank(), "the first transpose");
  op.allow_zero = !zero_is_placeholder;
  op.reshapes = draft.has(1) || shape;
  int rank = x.rank();
  Values operands{&draft.in(0)};
  if (draft.has(1)) {
    op.from_operand = true;
    operands.push_back(&draft.in(1));
    const TensorType& target = draft.type(1);
    check(target.rank() == 1 && target.shape[0].known() && target.shape[0].value() <= 8, "the shape is ", target,
          ", expected a list of 8 extents at most");
    rank = int(target.shape[0].value());
  } else if (shape) {
    op.shape = batch ? with_batch(x.shape) : Shape();
    if (!batch)
      for (int64_t extent : list_of(*shape)) op.shape.push_back(extent);
    rank = shape->n + batch;
  }
  op.second = order_of(second, rank, "the second transpose");
  return {&draft.add(op, operands)};
}

// The target of a reshape of each in a batch, as numbers: what is 0 or -1 in it follows from x.
Shape ShuffleLayer::with_batch(const Shape& x) const {
  int64_t all = 1, others = 1;
  for (size_t d = 1; d < x.size(); ++d) all = checked_mul(all, x[d].value());
  Shape target{x[0]};
  int open = -1;
  for (int i = 0; i < shape->n; ++i) {
    int64_t extent = shape->d[i];
    if (extent == 0 && zero_is_placeholder) {
      check(size_t(i) + 1 < x.size(), "extent ", i, " of ", to_text(*shape), " copies one that is not there");
      extent = x[size_t(i) + 1].value();
    }
    check(extent >= -1 && (extent >= 0 || open < 0), "the shape is ", to_text(*shape),
          "; one extent at most may be -1");
    if (extent < 0) open = i;
    else others = checked_mul(others, extent);
    target.push_back(extent);
  }
  if (open >= 0) target[size_t(open) + 1] = others ? all / others : 0;
  int64_t made = open >= 0 ? checked_mul(others, target[size_t(open) + 1].value()) : others;
  check(made == all, "the shape ", to_text(*shape), " has ", made, " elements, the input has ", all);
  return target;
}

bool ShuffleLayer::read(const tenon::Node& node) {
  const TensorType &x = node.input(0).type(), &y = node.output().type();
  const Shuffle* shuffle = as<Shuffle>(node);
  const Reshape* reshape = as<Reshape>(node);
  const Transpose* transpose = as<Transpose>(node);
  if (x.rank() > 8 || y.rank() > 8 || (!shuffle && !reshape && !transpose)) return false;
  if (transpose) {
    std::vector<int> order = transpose->axes_of_x(x.rank());
    std::copy(order.begin(), order.end(), first.begin());
    return true;
  }
  if (shuffle) {
    read_order(first, shuffle->first, x.rank());
    read_order(second, shuffle->second, y.rank());
  }
  if (shuffle && !shuffle->reshapes) return true;
  zero_is_placeholder = !(shuffle ? shuffle->allow_zero : reshape->allow_zero);
  if (shuffle ? shuffle->from_operand : reshape->from_operand) return true;
  const Shape& target = shuffle ? shuffle->shape : reshape->shape;
  if (!all_known(target)) return false;
  shape = dims_of(target);
  return true;
}

SliceLayer::SliceLayer(Network& n, const Dims& first, const Dims& count, const Dims& step)
    : Layer(n, LayerType::slice, 6), start(first), size(count), stride(step) {}

Dims SliceLayer::get_axes() const {
  if (axes) return *axes;
  Dims none;
  none.n = -1;
  return none;
}

// All is known and lies within x: numpy's slices, for which there are kernels.
Values SliceLayer::cut(Draft& draft, const std::vector<int64_t>& along) const {
  const TensorType x = draft.type(0);
  std::vector<int64_t> ends;
  for (size_t i = 0; i < along.size(); ++i) {
    const Dim& extent = x.shape[size_t(axis_of(along[i], x.rank()))];
    int64_t last = start.d[i] + std::max<int64_t>(size.d[i] - 1, 0) * stride.d[i];
    if (!extent.known() || stride.d[i] == 0 || size.d[i] <= 0) return {};
    bool within = std::min(start.d[i], last) >= 0 && std::max(start.d[i], last) < extent.value();
    if (!within) return {};
    ends.push_back(stride.d[i] > 0 ? last + 1 : last > 0 ? last - 1 : -1 - extent.value());
  }
  Slice op;
  op.with_axes = op.with_steps = true;
  return {&draft.add(op, {&draft.in(0), &draft.list(list_of(start)), &draft.list(ends), &draft.list(along),
                          &draft.list(list_of(stride))})};
}

Values SliceLayer::build(Draft& draft) const {
  const TensorType x = draft.type(0);
  std::vector<int64_t> along;
  if (draft.has(5)) along = draft.numbers(5, "the axes");
  else if (axes) along = list_of(*axes);
  else
    for (int i = draft.batch(); i < x.rank(); ++i) along.push_back(i);
  axes_of(along, x.rank());
  const Dims* fields[] = {&start, &size, &stride};
  const char* names[] = {"start", "size", "stride"};
  bool known = true;
  for (int i = 0; i < 3; ++i) {
    check(draft.has(i + 1) || fields[i]->n == int32_t(along.size()), names[i], " is ", to_text(*fields[i]),
          ", expected ", along.size(), " numbers for ", x);
    known = known && !draft.has(i + 1);
  }
  if (known && mode == SampleMode::strict_bounds)
    if (Values made = cut(draft, along); !made.empty()) return made;
  Section op;
  op.axes = along;
  op.beyond = mode == SampleMode::wrap      ? Beyond::wrap
              : mode == SampleMode::clamp   ? Beyond::clamp
              : mode == SampleMode::fill    ? Beyond::fill
              : mode == SampleMode::reflect ? Beyond::reflect
                                            : Beyond::refuse;
  Values operands{&draft.in(0)};
  for (int i = 0; i < 3; ++i)
    operands.push_back(draft.has(i + 1) ? &draft.in(i + 1) : &draft.list(list_of(*fields[i])));
  if (draft.has(4) && op.beyond == Beyond::fill) operands.push_back(&draft.in(4));
  return {&draft.add(op, operands)};
}

int32_t ConcatenationLayer::axis() const {
  if (set_axis >= 0) return set_axis;
  return std::max(inputs[0]->dimensions().n - 3, 0);
}

Values ConcatenationLayer::build(Draft& draft) const {
  Values operands;
  for (int i = 0; i < draft.count(); ++i) operands.push_back(&draft.in(i));
  int batch = draft.batch();
  int64_t along = batch + (set_axis >= 0 ? set_axis : std::max(draft.rank(0) - batch - 3, 0));
  if (batch)
    for (tenon::Value*& v : operands) v = &draft.of_whole_batch(*v);
  return {&draft.add(Concat(along), draft.same_integers(operands))};
}

bool ConcatenationLayer::read(const tenon::Node& node) {
  const Concat* op = as<Concat>(node);
  if (op) set_axis = axis_of(op->axis, node.input(0).type().rank());
  return op;
}

// In default mode the first axes may go together: blocks by whole positions then do the same, once the axis of the
// indices comes right behind them.
Values GatherLayer::build(Draft& draft) const {
  const int batch = draft.batch();
  Values operands{&draft.in(0), &draft.in(1)};
  check(!batch || mode == GatherMode::default_, ErrorId::unsupported, "this mode of a gather, with implicit batch");
  if (batch)
    for (tenon::Value*& v : operands) v = &draft.of_whole_batch(*v);
  if (mode == GatherMode::element) return {&draft.add(GatherElements(axis), operands)};
  if (mode == GatherMode::nd) return {&draft.add(GatherNd(element_wise_dims), operands)};
  if (element_wise_dims + batch == 0) return {&draft.add(Gather(axis), operands)};
  int rank = draft.rank(0), along = axis_of(axis + batch, rank), together = element_wise_dims + batch;
  check(together > 0 && together <= along && together <= draft.rank(1), together, " axes of ", draft.type(0), " and ",
        draft.type(1), " go together, and the indices are along axis ", axis, "; that has to come behind them");
  std::vector<int64_t> order, back;
  for (int i = 0; i < rank; ++i)
    if (i != along) order.push_back(i);
  order.insert(order.begin() + together, along);
  int behind = draft.rank(1) - together, moved = along - together;  // axes of the indices; axes that were passed
  for (int i = 0; i < rank - 1 + behind; ++i) {
    bool of_data = i >= together && i < along, of_indices = i >= along && i < along + behind;
    back.push_back(of_data ? i + behind : of_indices ? i - moved : i);
  }
  if (moved > 0) operands[0] = &draft.add(Transpose(order), {operands[0]});
  operands[1] = &draft.add(Unsqueeze({-1}), {operands[1]});
  tenon::Value& y = draft.add(GatherNd(together), operands);
  return {moved > 0 ? &draft.add(Transpose(back), {&y}) : &y};
}

bool GatherLayer::read(const tenon::Node& node) {
  if (const Gather* op = as<Gather>(node)) {
    mode = GatherMode::default_, axis = int32_t(op->axis);
  } else if (const GatherElements* elements = as<GatherElements>(node)) {
    mode = GatherMode::element, axis = int32_t(elements->axis);
  } else if (const GatherNd* blocks = as<GatherNd>(node)) {
    mode = GatherMode::nd, element_wise_dims = int32_t(blocks->batch_dims);
  } else {
    return false;
  }
  return true;
}

Values ScatterLayer::build(Draft& draft) const {
  Values operands{&draft.in(0), &draft.in(1), &draft.in(2)};
  if (mode == ScatterMode::nd) return {&draft.add(ScatterNd(), operands)};
  return {&draft.add(ScatterElements(axis), operands)};
}

bool ScatterLayer::read(const tenon::Node& node) {
  const ScatterElements* elements = as<ScatterElements>(node);
  const ScatterNd* blocks = as<ScatterNd>(node);
  if (elements) axis = int32_t(elements->axis);
  mode = elements ? ScatterMode::element : ScatterMode::nd;
  return (elements && elements->reduction == ScatterKind::none) || (blocks && blocks->reduction == ScatterKind::none);
}

Values ReverseSequenceLayer::build(Draft& draft) const {
  ReverseSequence op;
  op.batch_axis = batch_axis;
  op.time_axis = sequence_axis;
  return {&draft.add(op, {&draft.in(0), &draft.in(1)})};
}

bool ReverseSequenceLayer::read(const tenon::Node& node) {
  const ReverseSequence* op = as<ReverseSequence>(node);
  if (op) batch_axis = int32_t(op->batch_axis), sequence_axis = int32_t(op->time_axis);
  return op;
}

Values OneHotLayer::build(Draft& draft) const {
  return {&draft.add(OneHot(axis), {&draft.in(0), &draft.in(2), &draft.in(1)})};
}

Values SqueezeLayer::build(Draft& draft) const {
  return {&draft.add(Squeeze(draft.numbers(1, "the axes")), {&draft.in(0)})};
}

Values UnsqueezeLayer::build(Draft& draft) const {
  return {&draft.add(Unsqueeze(draft.numbers(1, "the axes")), {&draft.in(0)})};
}

}  // namespace tenon::objects
