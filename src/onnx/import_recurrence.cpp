// RNN, GRU and LSTM.
#include <algorithm>
#include <cctype>

#include "onnx/import.h"
#include "ops/recurrence/recurrence.h"

namespace tenon::onnx {

namespace {

// As ONNX writes them, in the order of GateFunction; letters' case does not count.
constexpr const char* function_names[] = {
    "relu",       "tanh",        "sigmoid", "affine",   "leakyrelu", "thresholdedrelu",
    "scaledtanh", "hardsigmoid", "elu",     "softsign", "softplus"};

GateFunction function_called(const std::string& name) {
  std::string lower = name;
  for (char& c : lower) c = char(std::tolower(static_cast<unsigned char>(c)));
  for (size_t i = 0; i < std::size(function_names); ++i)
    if (lower == function_names[i]) return GateFunction(i);
  fail(ErrorId::onnx_invalid, "activation '", name, "' is not known");
}

// The functions of each direction that the kind has: an LSTM f, g and h, a GRU f and g, an RNN g.
std::vector<int> functions_of(const Recurrence& op) {
  std::vector<int> places;
  int first = op.kind == RecurrenceKind::rnn ? 1 : 0, past = op.kind == RecurrenceKind::lstm ? 3 : 2;
  for (int d = 0; d < op.directions(); ++d)
    for (int which = first; which < past; ++which) places.push_back(3 * d + which);
  return places;
}

// Numbers go to the functions that take one, in their order; those that come too short have their standards.
std::vector<double> parameters(NodeImport& n, const char* name, const Recurrence& op, bool GateStandard::*takes,
                               double GateStandard::*standard) {
  std::vector<double> given = n.floats(name), list(size_t(3 * op.directions()));
  size_t used = 0, takers = 0;
  for (int place : functions_of(op)) {
    const GateStandard& s = standard_of(op.functions[place]);
    list[size_t(place)] = s.*standard;
    if (!(s.*takes)) continue;
    ++takers;
    check(used < given.size() || s.exists, ErrorId::unsupported, "activation ",
          function_names[size_t(op.functions[place])], " has no standard parameters, and ", name, " has ", given.size(),
          " numbers");
    if (used < given.size()) list[size_t(place)] = given[used++];
  }
  check(used == given.size() || takers == 0, ErrorId::onnx_invalid, name, " has ", given.size(), " numbers, ", takers,
        " of the activations take one");
  if (takers == 0) list.clear();
  return list;
}

void read_functions(NodeImport& n, Recurrence& op) {
  std::vector<std::string> names = n.texts("activations");
  std::vector<int> places = functions_of(op);
  if (op.kind == RecurrenceKind::rnn && op.directions() == 1 && names.size() == 2) names.pop_back();  // ONNX's default
  check(names.empty() || names.size() == places.size(), ErrorId::onnx_invalid, "activations has ", names.size(),
        " names, expected ", places.size());
  for (size_t i = 0; i < names.size(); ++i) op.functions[places[i]] = function_called(names[i]);
  op.alpha = parameters(n, "activation_alpha", op, &GateStandard::takes_alpha, &GateStandard::alpha);
  op.beta = parameters(n, "activation_beta", op, &GateStandard::takes_beta, &GateStandard::beta);
}

void recurrence(NodeImport& n, RecurrenceKind kind) {
  Recurrence op;
  op.kind = kind;
  std::string direction = n.text("direction", "forward");
  if (direction == "reverse") op.direction = RecurrenceDirection::reverse;
  else if (direction == "bidirectional") op.direction = RecurrenceDirection::both;
  else check(direction == "forward", ErrorId::onnx_invalid, "direction is '", direction, "'");
  op.batch_first = n.integer("layout", 0);
  if (n.has_attribute("clip")) {
    op.clip = n.floating("clip", 0);
    check(op.clip > 0, ErrorId::unsupported, "clip is ", op.clip, ", expected a bound above 0");
  }
  if (kind == RecurrenceKind::lstm) op.input_forget = n.integer("input_forget", 0);
  if (kind == RecurrenceKind::gru) op.linear_before_reset = n.integer("linear_before_reset", 0);
  read_functions(n, op);
  const TensorType& r = n.tensor(n.in(2));
  check(r.rank() == 3, ErrorId::onnx_invalid, "R is ", r, ", expected three axes");
  int64_t hidden = r.shape[2].known() ? r.shape[2].value() : 0;
  check(!n.has_attribute("hidden_size") || n.required_integer("hidden_size") == hidden || !r.shape[2].known(),
        ErrorId::onnx_invalid, "hidden_size is ", n.integer("hidden_size", 0), ", R is ", r);
  std::vector<Value*> operands{&n.in(0), &n.in(1), &n.in(2)};
  bool* const given[] = {&op.bias, &op.lengths, &op.initial_hidden, &op.initial_cell, &op.peepholes};
  for (int i = 3; i < n.input_count() && i < 8; ++i)
    if ((*given[i - 3] = n.has(i))) operands.push_back(&n.in(i));
  int results = kind == RecurrenceKind::lstm ? 3 : 2;
  tenon::Node& node = n.add_node(op, std::move(operands), results);
  for (int i = 0; i < results; ++i)
    if (n.wants(i)) n.out(i, node.output(i));
}

const Import table[] = {
    {"RNN", [](NodeImport& n) { recurrence(n, RecurrenceKind::rnn); }},
    {"GRU", [](NodeImport& n) { recurrence(n, RecurrenceKind::gru); }},
    {"LSTM", [](NodeImport& n) { recurrence(n, RecurrenceKind::lstm); }},
};

}  // namespace

const Imports import_recurrence = table;

}  // namespace tenon::onnx
