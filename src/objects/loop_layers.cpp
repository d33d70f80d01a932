#include "objects/loop_layers.h"

#include <algorithm>
#include <cstdint>

#include "ir/graph.h"
#include "objects/body.h"
#include "objects/convert.h"
#include "objects/network.h"
#include "ops/concat/concat.h"
#include "ops/elementwise/elementwise.h"
#include "ops/expand/expand.h"
#include "ops/gather/gather.h"
#include "ops/loop/loop.h"
#include "ops/shape/shape.h"
#include "ops/slice/slice.h"
#include "ops/transpose/transpose.h"

namespace tenon::objects {

namespace {

constexpr TensorType round_type{ElementType::i64, {}}, condition_type{ElementType::boolean, {}};

tenon::Value& reversed(Draft& draft, tenon::Value& x, int64_t axis) {
  Slice op;
  op.with_axes = op.with_steps = true;
  return draft.add(op, {&x, &draft.list({-1}), &draft.list({INT64_MIN}), &draft.list({axis}), &draft.list({-1})});
}

// A number or a condition, of no axis.
tenon::Value& scalar_of(Draft& draft, tenon::Value& value, const TensorType& wanted, const char* what) {
  const TensorType type = draft.type(value);
  bool fits = wanted.element == ElementType::boolean ? type.element == ElementType::boolean
                                                     : integer_types.contains(type.element);
  check(fits && (type.rank() == 0 || count(type.shape).is(1)), what, " is ", type, ", expected one ",
        wanted.element == ElementType::boolean ? "boolean" : "integer");
  tenon::Value& number = draft.cast(value, wanted.element);
  return type.rank() == 0 ? number : draft.reshape(number, {});
}

}  // namespace

void LoopBoundaryLayer::changed() {
  Layer::changed();
  of.whole.made = 0;
}
void LoopBoundaryLayer::rewired() { of.whole.made = 0; }

Loop::Loop(Network& n, size_t number) : network(n), whole(n, *this) {
  inherit(n);
  name = concat("(Unnamed Loop* ", number, ")");
  n.hide(whole);
}

RecurrenceLayer* Loop::add_recurrence(Tensor& first) {
  whole.made = 0;
  return recurrences.emplace_back(network.add<RecurrenceLayer>({&first}, std::ref(*this)));
}

TripLimitLayer* Loop::add_trip_limit(Tensor& tensor, TripLimit limit) {
  for (const TripLimitLayer* other : limits)
    check(other->limit != limit, "'", name, "' has a trip limit of this kind, '", other->name,
          "'; one of each is possible");
  whole.made = 0;
  return limits.emplace_back(network.add<TripLimitLayer>({&tensor}, std::ref(*this), limit));
}

IteratorLayer* Loop::add_iterator(Tensor& tensor, int32_t axis, bool reverse) {
  check(axis >= 0, "the axis of an iterator is ", axis, "; it counts from 0");
  whole.made = 0;
  return iterators.emplace_back(network.add<IteratorLayer>({&tensor}, std::ref(*this), axis, reverse));
}

LoopOutputLayer* Loop::add_loop_output(Tensor& tensor, LoopOutput kind, int32_t axis) {
  check(axis >= 0, "the axis of a loop output is ", axis, "; it counts from 0");
  whole.made = 0;
  whole.outputs.push_back(std::make_unique<Tensor>(network, nullptr, &whole));
  return outputs.emplace_back(network.add<LoopOutputLayer>({&tensor}, std::ref(*this), kind, axis, outputs.size()));
}

std::vector<Tensor*> RecurrenceLayer::needs() const { return {inputs.at(0)}; }

Values RecurrenceLayer::build(Draft& draft) const {
  TensorType type = draft.type(0);
  for (size_t d = 0; d < std::min(moving.size(), type.shape.size()); ++d)
    if (moving[d]) type.shape[d] = Dim::symbol(draft.late_symbol());
  return {&draft.add(Placeholder(type, nullptr), {})};
}

Values IteratorLayer::build(Draft& draft) const {
  TensorType type = draft.type(0);
  check(axis >= 0 && axis < type.rank(), "the axis of an iterator is ", axis, ", its tensor is ", type);
  type.shape.erase(type.shape.begin() + axis);
  return {&draft.add(Placeholder(type, nullptr), {})};
}

std::vector<Tensor*> LoopOutputLayer::needs() const {
  std::vector<Tensor*> list{of.whole.outputs.at(place).get()};
  if (inputs.size() > 1) list.push_back(inputs[1]);
  return list;
}

// By the algebra of extents it is as long as asked: no extent is late where the length is known.
tenon::Value& LoopOutputLayer::as_long_as_asked(Draft& draft, tenon::Value& stacked) const {
  check(draft.has(1), "a loop output that concatenates needs input 1, how many rounds it holds");
  tenon::Value& length = draft.reshape(scalar_of(draft, draft.in(1), round_type, "the length of a loop output"), {1});
  const TensorType type = draft.type(stacked);
  draft.type(length);
  if (length.contents && length.contents->front() == type.shape[0]) return stacked;
  tenon::Value& shape = draft.add(ShapeOf(), {&stacked});
  tenon::Value& missing = draft.add(Elementwise("sub"), {&length, &draft.add(ShapeOf(0, 1), {&stacked})});
  tenon::Value* extents = &missing;
  if (type.rank() > 1) extents = &draft.add(Concat(0), {&missing, &draft.add(ShapeOf(1, INT64_MAX), {&stacked})});
  draft.type(shape);
  tenon::Value& zeros = draft.add(Expand(), {&draft.scalar(0, type.element), extents});
  return draft.add(Concat(0), {&stacked, &zeros});
}

Values LoopOutputLayer::build(Draft& draft) const {
  tenon::Value* y = of.whole.outputs.at(place)->value;
  if (kind == LoopOutput::last_value) return {y};
  y = &as_long_as_asked(draft, *y);
  if (kind == LoopOutput::reverse) y = &reversed(draft, *y, 0);
  int rank = draft.type(*y).rank();
  check(axis < rank, "the axis of a loop output is ", axis, ", the result has ", rank);
  std::vector<int64_t> order;
  for (int64_t d = 1; d < rank; ++d) order.push_back(d);
  order.insert(order.begin() + axis, 0);
  return {axis == 0 ? y : &draft.add(Transpose(std::move(order)), {y})};
}

std::vector<Tensor*> LoopLayer::needs() const {
  std::vector<Tensor*> list;
  for (const TripLimitLayer* limit : of.limits) list.push_back(limit->inputs.at(0));
  for (const IteratorLayer* it : of.iterators) list.insert(list.end(), {it->inputs.at(0), it->outputs.at(0).get()});
  for (const RecurrenceLayer* r : of.recurrences) {
    list.insert(list.end(), {r->inputs.at(0), r->outputs.at(0).get()});
    if (r->inputs.size() > 1) list.push_back(r->inputs[1]);
  }
  for (const LoopOutputLayer* out : of.outputs) list.push_back(out->inputs.at(0));
  return list;
}

// Marks the axes of a recurrence that do not stay as they are; true: there are new ones.
static bool moves(RecurrenceLayer& recurrence, const TensorType& taken, const TensorType& given) {
  check(given.element == taken.element && given.rank() == taken.rank(), "recurrence '", recurrence.name, "' is ", taken,
        " and becomes ", given, "; its type and rank may not change");
  recurrence.moving.resize(taken.shape.size());
  bool any = false;
  for (size_t d = 0; d < taken.shape.size(); ++d) {
    if (recurrence.moving[d] || given.shape[d] == taken.shape[d]) continue;
    recurrence.moving[d] = any = true;
  }
  if (any) recurrence.made = 0;
  return any;
}

Values LoopLayer::build(Draft& draft) const {
  check(!of.limits.empty(), "'", of.name, "' has no trip limit");
  BodyDraft body(*network->ir);
  const TripLimitLayer *most = nullptr, *going = nullptr;
  for (const TripLimitLayer* limit : of.limits) (limit->limit == TripLimit::count ? most : going) = limit;
  for (const RecurrenceLayer* r : of.recurrences) body.add_border(*r->outputs[0]->value, *r->inputs[0]->value);
  for (const IteratorLayer* it : of.iterators) body.add_border(*it->outputs[0]->value, *it->inputs[0]->value);
  if (most)
    check(!body.is_inside(*most->inputs[0]->value), "how often '", of.name, "' runs, '", most->inputs[0]->name,
          "', is made by the loop itself");
  tenon::Value& round = body.add_input(round_type, "round");
  tenon::Value& go_on = body.add_input(condition_type, "go_on");
  Values firsts, nexts;
  BodyDraft::Replaced first_of, next_of;
  for (const RecurrenceLayer* r : of.recurrences) {
    check(r->inputs.size() > 1 && r->inputs[1], "recurrence '", r->name,
          "' has no input 1, its value in the next round");
    tenon::Value& placeholder = *r->outputs[0]->value;
    body.put(placeholder, body.add_input(draft.type(placeholder), r->outputs[0]->name));
    firsts.push_back(r->inputs[0]->value);
    nexts.push_back(r->inputs[1]->value);
    first_of[&placeholder] = firsts.back();
    next_of[&placeholder] = nexts.back();
  }
  bool again = false;
  for (size_t i = 0; i < nexts.size(); ++i)
    again =
        moves(*of.recurrences[i], draft.type(*of.recurrences[i]->outputs[0]->value), draft.type(*nexts[i])) || again;
  if (again) throw Again();
  for (const IteratorLayer* it : of.iterators) {
    tenon::Value& x = *it->inputs[0]->value;
    check(!body.is_inside(x), "'", it->inputs[0]->name, "', which '", it->name,
          "' walks along, is made by the loop itself");
    tenon::Value& whole = body.take(it->reverse ? reversed(draft, x, it->axis) : x);
    body.put(*it->outputs[0]->value, body.network().add(Gather(it->axis), {&whole, &round}, it->outputs[0]->name));
  }
  tenon::Value* begin = &draft.scalar(1, ElementType::boolean);
  if (going) {
    tenon::Value& condition = *going->inputs[0]->value;
    tenon::Value& first = !body.is_inside(condition)
                              ? condition
                              : body.again(
                                    condition, first_of, [&](const tenon::Node& node, Values operands, auto&) -> auto& {
                                      return *draft.node(node.op().clone(), operands, int(node.outputs().size()))[0];
                                    });
    begin = &scalar_of(draft, first, condition_type, "the condition of a loop");
    tenon::Value& next = body.taken_again(condition, next_of);
    body.network().mark_output(next, "go_on");
  } else {
    body.network().mark_output(go_on, "go_on");
  }
  for (tenon::Value* next : nexts) body.network().mark_output(body.take(*next), next->name);
  std::vector<size_t> results;  // of the node, by output of the loop
  size_t kept = of.recurrences.size();
  for (const LoopOutputLayer* out : of.outputs) {
    tenon::Value& value = *out->inputs[0]->value;
    if (out->kind == LoopOutput::last_value) {
      auto from = std::find_if(of.recurrences.begin(), of.recurrences.end(),
                               [&](const RecurrenceLayer* r) { return r->outputs[0]->value == &value; });
      check(from != of.recurrences.end(), "'", out->inputs[0]->name, "' is no recurrence of '", of.name,
            "', so that it has no last value");
      results.push_back(size_t(from - of.recurrences.begin()));
      continue;
    }
    body.network().mark_output(body.take(value), value.name);
    results.push_back(kept++);
  }
  Body graph = body.finish();
  tenon::Value& rounds = most ? scalar_of(draft, *most->inputs[0]->value, round_type, "how often a loop runs at most")
                              : draft.reshape(draft.list({INT64_MAX}), {});
  Values operands{&rounds, begin};
  operands.insert(operands.end(), firsts.begin(), firsts.end());
  operands.insert(operands.end(), body.captured().begin(), body.captured().end());
  Values made = add_with_late(draft, tenon::Loop(graph, int64_t(firsts.size()), !going), operands, kept);
  Values by_output;
  for (size_t result : results) by_output.push_back(made[result]);
  return by_output;
}

}  // namespace tenon::objects
