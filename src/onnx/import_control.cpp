// Branches and loops.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>

#include "onnx/importer.h"
#include "ops/assertion/assertion.h"
#include "ops/constant/constant.h"
#include "ops/gather/gather.h"
#include "ops/identity/identity.h"
#include "ops/if/if.h"
#include "ops/input/input.h"
#include "ops/loop/loop.h"
#include "ops/shape/shape.h"
#include "ops/slice/slice.h"
#include "ops/transpose/transpose.h"

namespace tenon::onnx {

namespace {

// Adds the node with as many late extents as its types need.
template <class T>
tenon::Node& add_with_late(NodeImport& n, T op, const std::vector<Value*>& operands, size_t results) {
  std::vector<Inputs::Operand> seen;
  for (Value* v : operands) seen.push_back({&n.importer().network().type(*v), n.importer().network().contents(*v)});
  op.types(Inputs(seen), [&] { return op.late_extents.emplace_back(tenon::Dim::symbol(n.late_symbol())); });
  return n.add_node(op, operands, int(results));
}

tenon::Node& branches(NodeImport& n, const ImportedBody& first, const ImportedBody& second) {
  std::vector<Value*> operands{&n.in(0)};
  operands.insert(operands.end(), first.captured.begin(), first.captured.end());
  operands.insert(operands.end(), second.captured.begin(), second.captured.end());
  return add_with_late(n, If(first.graph, second.graph), operands, first.graph->outputs().size());
}

void check_ranks(NodeImport& n, const tenon::Graph& first, const tenon::Graph& second) {
  const auto &a = first.outputs(), &b = second.outputs();
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const TensorType &x = a[i].value->type(), &y = b[i].value->type();
    if (x.rank() == y.rank() || !n.wants(int(i))) continue;
    n.importer().note_unlike_ranks();
    fail(ErrorId::not_known, "result ", i, " is ", x, " or ", y);
  }
}

void if_(NodeImport& n) {
  const Graph &then = n.graph("then_branch"), &otherwise = n.graph("else_branch");
  Weights condition = n.constant(0);
  if (condition && condition->extents.count() == 1) {
    bool taken = load_scalar(condition->data, condition->element).i != 0;
    Importer branch(n.importer(), taken ? then : otherwise, *n.inlined().opsets, false);
    std::vector<Value*> results = branch.run_inside();
    for (size_t i = 0; i < results.size(); ++i)
      if (n.wants(int(i))) n.out(int(i), *results[i]);
    return;
  }
  ImportedBody first = Importer(n.importer(), then, *n.inlined().opsets, true).run_apart(),
               second = Importer(n.importer(), otherwise, *n.inlined().opsets, true).run_apart();
  check_ranks(n, *first.graph, *second.graph);
  tenon::Node& node = branches(n, first, second);
  for (size_t i = 0; i < node.outputs().size(); ++i)
    if (n.wants(int(i))) n.out(int(i), *node.outputs()[i]);
}

// The condition that a body gives is the one it was given, or true.
bool goes_on_always(const tenon::Graph& body) {
  const Value* out = body.outputs()[0].value;
  while (as<Identity>(*out)) out = &out->producer->input(0);
  if (out->producer == body.inputs()[1]) return true;
  Weights known = constant_of(*out);
  return known && known->extents.count() == 1 && load_scalar(known->data, known->element).i != 0;
}

TensorType scalar_as(const Graph& body, size_t i, ElementType element) {
  bool has_axis = i < body.inputs.size() && body.inputs[i].type.shape && body.inputs[i].type.shape->size() == 1;
  return {element, has_axis ? Shape{1} : Shape{}};
}

using MakeBody = FunctionRef<ImportedBody(const std::vector<TensorType>& states)>;

// The body, whose inputs behind the first two are states of such types that it gives what it takes: an extent that
// moves becomes a symbol.
ImportedBody settled(NodeImport& n, std::vector<TensorType> states, MakeBody make) {
  std::set<std::string> open;  // the symbols that stand for those
  for (;;) {
    ImportedBody body = make(states);
    const auto& made = body.graph->outputs();
    bool moved = false;
    for (size_t i = 0; i < states.size(); ++i) {
      check(i + 1 < made.size(), ErrorId::onnx_invalid, "the body has ", made.size(), " outputs for ", states.size(),
            " states");
      const TensorType& given = made[i + 1].value->type();
      check(given.element == states[i].element, ErrorId::onnx_invalid, "state ", i, " is ", states[i], " and becomes ",
            given);
      check(given.rank() == states[i].rank(), ErrorId::unsupported, "state ", i, " is ", states[i], " and becomes ",
            given, "; its rank may not change");
      for (size_t d = 0; d < given.shape.size(); ++d) {
        tenon::Dim& taken = states[i].shape[d];
        if (given.shape[d] == taken || open.contains(to_text(taken))) continue;
        taken = tenon::Dim::symbol(*open.insert(n.late_symbol()).first);
        moved = true;
      }
    }
    if (!moved) return body;
  }
}

std::vector<TensorType> types_of(NodeImport& n, const std::vector<Value*>& values) {
  std::vector<TensorType> types;
  for (Value* v : values) types.push_back(n.tensor(*v));
  return types;
}

Value& as_scalar(NodeImport& n, Value& x, const TensorType& wanted) {
  return n.tensor(x).rank() == wanted.rank() ? x : n.reshape(x, wanted.shape);
}

void loop(NodeImport& n) {
  const Graph& body = n.graph("body");
  TensorType round = scalar_as(body, 0, ElementType::i64), go_on = scalar_as(body, 1, ElementType::boolean);
  std::vector<Value*> states;
  for (int i = 2; i < n.input_count(); ++i) states.push_back(&n.in(i));
  check(body.inputs.size() == states.size() + 2, ErrorId::onnx_invalid, "the body takes ", body.inputs.size(),
        " inputs, found ", states.size(), " states");
  ImportedBody made = settled(n, types_of(n, states), [&](const std::vector<TensorType>& types) {
    Importer inside(n.importer(), body, *n.inlined().opsets, true);
    std::vector<TensorType> formal{round, go_on};
    formal.insert(formal.end(), types.begin(), types.end());
    for (size_t i = 0; i < formal.size(); ++i)
      inside.define(body.inputs[i].name,
                    inside.network().add(Input(inside.as_told(formal[i])), {}, body.inputs[i].name));
    return inside.run_apart();
  });
  Value& most = n.has(0) ? n.in(0) : n.integer_value(INT64_MAX, ElementType::i64);
  Value& begin = n.has(1) ? n.in(1) : n.number(1, ElementType::boolean);
  Weights begins = n.has(1) ? n.constant(1) : constant_of(begin);
  bool counted = begins && begins->extents.count() == 1 && load_scalar(begins->data, begins->element).i != 0 &&
                 goes_on_always(*made.graph);
  std::vector<Value*> operands{&as_scalar(n, n.cast(most, ElementType::i64), round), &as_scalar(n, begin, go_on)};
  operands.insert(operands.end(), states.begin(), states.end());
  operands.insert(operands.end(), made.captured.begin(), made.captured.end());
  size_t results = made.graph->outputs().size() - 1;
  tenon::Node& node = add_with_late(n, Loop(made.graph, int64_t(states.size()), counted), operands, results);
  for (size_t i = 0; i < results; ++i)
    if (n.wants(int(i))) n.out(int(i), *node.outputs()[i]);
}

Value& reversed(NodeImport& n, Value& x, int64_t axis) {
  Slice op;
  op.with_axes = op.with_steps = true;
  return n.add(op, {&x, &n.list({-1}), &n.list({INT64_MIN}), &n.list({axis}), &n.list({-1})});
}

Value& with_axis_at(NodeImport& n, Value& x, int64_t axis) {  // the first axis goes there
  std::vector<int64_t> order;
  for (int64_t d = 1; d < n.tensor(x).rank(); ++d) order.push_back(d);
  order.insert(order.begin() + axis, 0);
  return axis == 0 ? x : n.add(Transpose(std::move(order)), {&x});
}

// A loop over the slices of its last operands: round k gathers slice k of each.
void scan(NodeImport& n) {
  const Graph& body = n.graph("body");
  int64_t slices = n.required_integer("num_scan_inputs"), all = n.input_count();
  check(slices >= 1 && slices <= all && int64_t(body.inputs.size()) == all, ErrorId::onnx_invalid, "scans ", slices,
        " of ", all, " operands; the body takes ", body.inputs.size());
  std::vector<int64_t> axes = n.integers("scan_input_axes"), directions = n.integers("scan_input_directions"),
                       out_axes = n.integers("scan_output_axes"), out_directions = n.integers("scan_output_directions");
  axes.resize(size_t(slices)), directions.resize(size_t(slices));
  std::vector<Value*> states, scanned;
  for (int i = 0; i < all - slices; ++i) states.push_back(&n.in(i));
  for (size_t i = 0; i < size_t(slices); ++i) {
    Value& x = n.in(int(all - slices) + int(i));
    axes[i] = axis_of(axes[i], n.tensor(x).rank());
    scanned.push_back(directions[i] ? &reversed(n, x, axes[i]) : &x);
  }
  ImportedBody made = settled(n, types_of(n, states), [&](const std::vector<TensorType>& types) {
    Importer inside(n.importer(), body, *n.inlined().opsets, true);
    Network& network = inside.network();
    Value& round = network.add(Input({ElementType::i64, {}}), {}, "round");
    Value& go_on = network.add(Input({ElementType::boolean, {}}), {}, "go_on");
    for (size_t i = 0; i < types.size(); ++i)
      inside.define(body.inputs[i].name, network.add(Input(inside.as_told(types[i])), {}, body.inputs[i].name));
    for (size_t i = 0; i < scanned.size(); ++i) {
      const std::string& name = body.inputs[types.size() + i].name;
      Value& whole = inside.capture(*scanned[i], scanned[i]->name);
      inside.define(name, network.add(Gather(axes[i]), {&whole, &round}, name));
    }
    network.mark_output(go_on, "go_on");
    return inside.run_apart();
  });
  Value& most = n.reshape(n.add(ShapeOf(axes[0], axes[0] + 1), {scanned[0]}), {});
  std::vector<Value*> operands{&most, &n.number(1, ElementType::boolean)};
  operands.insert(operands.end(), states.begin(), states.end());
  operands.insert(operands.end(), made.captured.begin(), made.captured.end());
  size_t results = made.graph->outputs().size() - 1;
  tenon::Node& node = add_with_late(n, Loop(made.graph, int64_t(states.size()), true), operands, results);
  out_axes.resize(results - states.size()), out_directions.resize(results - states.size());
  for (size_t i = 0; i < results; ++i) {
    Value* y = node.outputs()[i].get();
    if (i >= states.size()) {
      size_t k = i - states.size();
      if (out_directions[k]) y = &reversed(n, *y, 0);
      y = &with_axis_at(n, *y, axis_of(out_axes[k], n.tensor(*y).rank()));
    }
    if (n.wants(int(i))) n.out(int(i), *y);
  }
}

}  // namespace

ImportedBody Importer::branch_with_rest(const InlinedNode& node, const Graph& branch,
                                        std::span<const InlinedNode* const> rest) {
  Importer whole(*this, graph_, *node.opsets, true);
  Importer inside(whole, branch, *node.opsets, false);
  std::vector<Value*> results = inside.run_inside();
  const std::vector<std::string>& names = node.node->outputs;
  for (size_t i = 0; i < std::min(names.size(), results.size()); ++i) whole.define(names[i], *results[i]);
  whole.import_in_order(rest);
  return whole.finish_apart(graph_.outputs);
}

// Or what the error is, where no types fit: then the condition never takes this branch, or the run ends with it.
static std::optional<ImportedBody> possible(FunctionRef<ImportedBody()> make, std::string& error) {
  try {
    return make();
  } catch (const Error& e) {
    if (e.code() != ErrorCode::invalid_argument && e.code() != ErrorCode::invalid_model) throw;
    error = e.what();
    return {};
  }
}

// The node becomes one whose results are those of the whole graph. Where what follows fits one branch alone, that
// branch's nodes take its place.
void Importer::import_with_rest(const InlinedNode& node, std::span<const InlinedNode* const> rest) {
  NodeImport n(*this, node, 1, (*imported_)++);
  const Graph &then = n.graph("then_branch"), &otherwise = n.graph("else_branch");
  std::string error;
  std::optional<ImportedBody> first = possible([&] { return branch_with_rest(node, then, rest); }, error);
  std::optional<ImportedBody> second = possible([&] { return branch_with_rest(node, otherwise, rest); }, error);
  check(first || second, "no branch of ", label(*node.node), " fits what follows: ", error);
  if (first && second) {
    for (size_t i = 0; i < graph_.outputs.size(); ++i) {
      const TensorType &x = first->graph->outputs()[i].value->type(), &y = second->graph->outputs()[i].value->type();
      check(x.rank() == y.rank(), ErrorId::unsupported, label(*node.node), ": by its condition an output is ", x,
            " or ", y, "; give it one rank, by a Reshape, say");
    }
    tenon::Node& made = branches(n, *first, *second);
    for (size_t i = 0; i < graph_.outputs.size(); ++i) define(graph_.outputs[i].name, *made.outputs()[i]);
    return;
  }
  Importer inside(*this, first ? then : otherwise, *node.opsets, false);
  std::vector<Value*> results = inside.run_inside();
  Value& condition = first ? n.in(0) : n.unary("not", n.in(0));
  const std::vector<std::string>& names = node.node->outputs;
  for (size_t i = 0; i < std::min(names.size(), results.size()); ++i)
    define(names[i],
           i ? *results[i] : n.add(Assertion(concat("this branch cannot be: ", error)), {results[i], &condition}));
  import_in_order(rest);
}

namespace {

const Import table[] = {{"If", if_}, {"Loop", loop}, {"Scan", scan, 9}};

}  // namespace

const Imports import_control = table;

}  // namespace tenon::onnx
