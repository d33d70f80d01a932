#include "objects/draft.h"

#include <algorithm>
#include <cmath>

#include "base/expression.h"
#include "objects/convert.h"
#include "objects/network.h"
#include "ops/bound.h"
#include "ops/cast/cast.h"
#include "ops/concat/concat.h"
#include "ops/constant/constant.h"
#include "ops/expand/expand.h"
#include "ops/input/input.h"
#include "ops/reshape/reshape.h"
#include "ops/shape/shape.h"

namespace tenon::objects {

Draft::~Draft() {
  for (auto n = nodes_.rbegin(); n != nodes_.rend(); ++n) ir_.remove(**n);
}

tenon::Value& Draft::in(int i) const {
  check(has(i), "input ", i, " is missing");
  return bound_[size_t(i)] ? *bound_[size_t(i)] : *layer_.inputs[size_t(i)]->value;
}

int Draft::batch() const { return layer_.network->implicit_batch ? 1 : 0; }

std::string Draft::late_symbol() { return concat("late$l", layer_.id, ".", late_symbols_++); }

// Whether the value's elements are known as soon as those inputs of the network that it is made of have symbols for
// theirs, which a program's values tell before a run. Otherwise these inputs stay as they are.
bool Draft::is_told_by_inputs(tenon::Value& value) {
  std::vector<tenon::Node*> inputs;
  for (tenon::Node* node : in_order({&value})) {
    const Input* input = as<Input>(*node);
    bool fits = input && input->known.empty() && integer_types.contains(input->type.element) &&
                all_known(input->type.shape) && at(input->type.shape, {}).count() <= max_contents;
    if (!fits || input->type.rank() > 1) continue;
    Input with_symbols(input->type);
    for (int64_t i = 0; i < at(input->type.shape, {}).count(); ++i)
      with_symbols.known.push_back(Dim::symbol(symbol_of_element(node->output().name, i)));
    inputs.push_back(node);
    ir_.set_op(*node, with_symbols.clone());
  }
  if (inputs.empty()) return false;
  try {
    if (ir_.contents(value)) return true;
  } catch (const Error&) {  // with symbols its makers say something else
  }
  for (tenon::Node* node : inputs) ir_.set_op(*node, Input(as<Input>(*node)->type).clone());
  return false;
}

void Draft::bind_operands(int first, std::unordered_map<const tenon::Value*, tenon::Value*>& known) {
  auto is_known = [](tenon::Value& v) { return constant_of(v) != nullptr; };
  int binds = 0;
  auto next_name = [&] { return concat("late$l", layer_.id, "b", binds++); };
  auto add = [&](std::unique_ptr<Op> op, Values operands, const std::string&) -> tenon::Value& {
    return *node(std::move(op), std::move(operands))[0];
  };
  for (int i = first; i < count(); ++i) {
    if (!has(i)) continue;
    tenon::Value& plain = *layer_.inputs[size_t(i)]->value;
    const TensorType& of = type(plain);
    bool decides = integer_types.contains(of.element) && all_known(of.shape) && !ir_.contents(plain);
    if (decides && !known.contains(&plain) && is_told_by_inputs(plain)) continue;
    bound_[size_t(i)] = &BoundValues{is_known, next_name, add}.bound(ir_, known, plain);
  }
}

const TensorType& Draft::type(tenon::Value& value) const {
  ir_.type(value);
  return value.type();
}

std::vector<int64_t> Draft::numbers(int i, const char* what) const {
  const Contents* contents = ir_.contents(in(i));
  check(contents, ErrorId::not_known, what, " are not known when the network is built");
  std::vector<int64_t> list;
  for (const Dim& d : *contents) {
    check(d.known(), ErrorId::not_known, what, " hold ", d, "; numbers are needed when the network is built");
    list.push_back(d.value());
  }
  return list;
}

Values Draft::node(std::unique_ptr<Op> op, Values operands, int results) {
  tenon::Node& made = ir_.add(std::move(op), std::move(operands), layer_.name, results);
  nodes_.push_back(&made);
  Values values;
  for (const auto& out : made.outputs()) values.push_back(out.get());
  return values;
}

tenon::Value& Draft::list(const std::vector<int64_t>& numbers) {
  Extents extents;
  extents.push(int64_t(numbers.size()));
  return add(Constant(make_weights(ElementType::i64, extents, numbers)), {});
}

tenon::Value& Draft::scalar(double number, ElementType e) {
  View view;
  tenon::Weights one = make_weights(e, Extents(), view);
  Scalar s{};
  s.f = number;
  store_scalar(view.as<std::byte>(), e, cast_scalar(s, ElementType::f64, e));
  return add(Constant(one), {});
}

tenon::Value& Draft::cast(tenon::Value& value, ElementType e) {
  return type(value).element == e ? value : add(Cast(e), {&value});
}

tenon::Value& Draft::reshape(tenon::Value& value, const Shape& shape) {
  Reshape op(shape);
  op.allow_zero = true;
  return add(op, {&value});
}

tenon::Value& Draft::weights(const GivenWeights& w, const Extents& extents, ElementType e, const char* what) {
  return cast(add(Constant(borrow(w, extents, what)), {}), e);
}

tenon::Value& Draft::of_whole_batch(tenon::Value& value) {
  for (int i = 0; i < count(); ++i) {
    if (!has(i) || !(type(i).shape[0] == batch_extent()) || type(value).shape[0] == batch_extent()) continue;
    tenon::Value& shape = add(Concat(0), {&add(ShapeOf(0, 1), {&in(i)}), &add(ShapeOf(1, INT64_MAX), {&value})});
    return add(Expand(), {&value, &shape});
  }
  return value;
}

tenon::Value& Draft::extent(tenon::Value& value, int64_t axis) {
  return reshape(add(ShapeOf(axis, axis + 1), {&value}), {});
}

Values Draft::same_integers(Values values) {
  bool long_one = false;
  for (tenon::Value* v : values) long_one = long_one || type(*v).element == ElementType::i64;
  for (tenon::Value*& v : values)
    if (long_one && type(*v).element == ElementType::i32) v = &cast(*v, ElementType::i64);
  return values;
}

bool may_be_equal(const Shape& a, const Shape& b) {
  bool equal = a.size() == b.size();
  for (size_t d = 0; equal && d < a.size(); ++d) equal = !a[d].known() || !b[d].known() || a[d] == b[d];
  return equal;
}

// Programs hold two numbers of 4 bits in a byte, the first in its low bits; here each has one of its own.
static tenon::Weights unpacked(const GivenWeights& w, const Extents& extents, ElementType e) {
  View view;
  tenon::Weights tensor = make_weights(e, extents, view);
  for (int64_t i = 0; i < w.count; ++i) {
    uint8_t both = static_cast<const uint8_t*>(w.values)[i / 2], half = i % 2 ? both >> 4 : both & 15;
    view.as<uint8_t>()[i] = e == ElementType::i4 && half > 7 ? uint8_t(half | 0xf0) : half;
  }
  return tensor;
}

tenon::Weights borrow(const GivenWeights& w, const Extents& extents, const char* what) {
  check(w.count == extents.count(), what, " has ", w.count, " numbers, expected ", extents.count(), " for ", extents);
  check(w.values || w.count == 0, what, " announces ", w.count, " numbers, and its pointer is null");
  if (bits_of(element_of(w.type)) < 8) return unpacked(w, extents, element_of(w.type));
  auto tensor = std::make_shared<tenon::Tensor>();
  tensor->element = element_of(w.type);
  tensor->extents = extents;
  tensor->data = static_cast<const std::byte*>(w.values);
  return tensor;
}

GivenWeights lend(const tenon::Weights& weights) {
  if (!weights) return {};
  check_whole_bytes(weights->element, "a constant");
  return {data_type_of(weights->element), weights->data, weights->extents.count()};
}

std::vector<int64_t> axes_of_mask(uint32_t mask, int rank) {
  std::vector<int64_t> axes;
  for (int i = 0; i < 32; ++i)
    if (mask >> i & 1U) axes.push_back(i);
  check(!axes.empty() && axes.back() < rank, "the mask of axes is ", mask, ", expected bits of the ", rank,
        " axes there are, one at least");
  return axes;
}

int64_t one_axis_of(uint32_t mask, int rank) {
  std::vector<int64_t> axes = axes_of_mask(mask, rank);
  check(axes.size() == 1, ErrorId::unsupported, "the mask of axes ", mask, " names ", axes.size(),
        " axes; one is possible");
  return axes[0];
}

uint32_t mask_of(const std::vector<int64_t>& axes, int rank) {
  uint32_t mask = 0;
  for (int64_t a : axes) mask |= 1U << axis_of(a, rank);
  return mask;
}

Dims repeated(int32_t n, int64_t value) {
  Dims dims;
  dims.n = n;
  for (int32_t i = 0; i < n && i < 8; ++i) dims.d[i] = value;
  return dims;
}

Dims dims_of_list(const std::vector<int64_t>& list, size_t count, int64_t otherwise) {
  Dims dims = repeated(int32_t(count), otherwise);
  std::copy(list.begin(), list.end(), dims.d);
  return dims;
}

}  // namespace tenon::objects
