// What becomes of the attributes of RNN, GRU and LSTM, and of operands and results that are left out.
#include <gtest/gtest.h>

#include "ir/graph.h"
#include "ir/text.h"
#include "onnx/import.h"

namespace tenon::onnx {
namespace {

using Names = std::vector<std::string>;

Attribute named(const char* name, AttributeKind kind) {
  Attribute a;
  a.name = name, a.kind = kind;
  return a;
}
Attribute texts(const char* name, Names list) {
  Attribute a = named(name, AttributeKind::texts);
  a.strings = std::move(list);
  return a;
}
Attribute floats(const char* name, std::vector<float> list) {
  Attribute a = named(name, AttributeKind::floats);
  a.floats = std::move(list);
  return a;
}
Attribute text(const char* name, const char* value) {
  Attribute a = named(name, AttributeKind::text);
  a.s = value;
  return a;
}
Attribute number(const char* name, float value) {
  Attribute a = named(name, AttributeKind::floating);
  a.f = value;
  return a;
}
Attribute integer(const char* name, int64_t value) {
  Attribute a = named(name, AttributeKind::integer);
  a.i = value;
  return a;
}

// The line of the one node, whose operands are inputs of the model; or what is wrong with it.
std::string imported(const char* op, int gates, std::vector<Attribute> attributes, Names in = {"x", "w", "r"},
                     Names out = {"y"}, int64_t ways = 1) {
  Model m;
  m.opsets = {{"", 22}};
  auto input = [&](const char* name, int32_t element, std::vector<int64_t> extents) {
    std::vector<Dim> shape;
    for (int64_t d : extents) shape.push_back({d, ""});
    m.graph.inputs.push_back({name, {TypeKind::tensor, element, shape, 0, {}}});
  };
  input("x", 1, {5, 2, 3});
  input("w", 1, {ways, gates * 4, 3});
  input("r", 1, {ways, gates * 4, 4});
  input("b", 1, {ways, gates * 8});
  input("n", 6, {2});
  input("h", 1, {ways, 2, 4});
  input("p", 1, {ways, 12});
  Node n;
  n.op_type = op, n.inputs = std::move(in), n.outputs = std::move(out), n.attributes = std::move(attributes);
  for (const std::string& name : n.outputs)
    if (!name.empty()) m.graph.outputs.push_back({name, {TypeKind::tensor, 1, {}, 0, {}}});
  m.graph.nodes = {n};
  try {
    std::string all = to_text(lower(import_model(m)));
    size_t at = all.find("recurrence("), end = all.find(" : ", at);
    return all.substr(at, end - at);
  } catch (const Error& e) {
    return e.what();
  }
}

void expect_refused(const std::string& found, const char* says) { EXPECT_NE(found.find(says), found.npos) << found; }

TEST(ImportRecurrence, OperandsThatAreLeftOut) {
  EXPECT_EQ(imported("LSTM", 4, {}), "recurrence(x, w, r) kind=lstm");
  EXPECT_EQ(imported("LSTM", 4, {}, {"x", "w", "r", "", "n", "", "h", "p"}, {"", "", "c"}),
            "recurrence(x, w, r, n, h, p) kind=lstm lengths=true initial_cell=true peepholes=true");
  EXPECT_EQ(imported("GRU", 3, {integer("linear_before_reset", 1)}, {"x", "w", "r", "b", "", "h"}, {"", "h2"}),
            "recurrence(x, w, r, b, h) kind=gru bias=true initial_hidden=true linear_before_reset=true");
}

TEST(ImportRecurrence, DirectionsAndLayout) {
  EXPECT_EQ(imported("RNN", 1, {text("direction", "reverse"), integer("hidden_size", 4)}),
            "recurrence(x, w, r) kind=rnn direction=reverse");
  EXPECT_EQ(imported("RNN", 1, {text("direction", "bidirectional"), number("clip", 2)}, {"x", "w", "r"}, {"y"}, 2),
            "recurrence(x, w, r) kind=rnn direction=both clip=2");
  EXPECT_EQ(imported("LSTM", 4, {integer("layout", 1), integer("input_forget", 1)}),
            "recurrence(x, w, r) kind=lstm batch_first=true input_forget=true");
}

// Numbers are used up by the functions that take one, whatever stands between them.
TEST(ImportRecurrence, ParametersOfFunctions) {
  EXPECT_EQ(imported("LSTM", 4,
                     {texts("activations", {"HardSigmoid", "tanh", "LeakyRelu"}), floats("activation_alpha", {.5, .25}),
                      floats("activation_beta", {.75})}),
            "recurrence(x, w, r) kind=lstm f=hard_sigmoid h=leaky_relu alpha=0.5,0,0.25 beta=0.75,0,0");
  EXPECT_EQ(imported("GRU", 3, {texts("activations", {"Elu", "LeakyRelu"}), floats("activation_alpha", {.5})}),
            "recurrence(x, w, r) kind=gru f=elu g=leaky_relu alpha=0.5,0.01,0");
  EXPECT_EQ(imported("RNN", 1, {texts("activations", {"Softsign", "Tanh"})}),
            "recurrence(x, w, r) kind=rnn g=softsign");
  EXPECT_EQ(imported("RNN", 1, {floats("activation_alpha", {1})}), "recurrence(x, w, r) kind=rnn");
}

TEST(ImportRecurrence, Refusals) {
  expect_refused(imported("RNN", 1, {texts("activations", {"Sine"})}), "activation 'Sine' is not known");
  expect_refused(imported("GRU", 3, {texts("activations", {"Tanh"})}), "activations has 1 names, expected 2");
  expect_refused(imported("RNN", 1, {texts("activations", {"Elu"}), floats("activation_alpha", {1, 2})}),
                 "activation_alpha has 2 numbers, 1 of the activations take one");
  expect_refused(imported("RNN", 1, {texts("activations", {"Affine"})}), "affine has no standard parameters");
  expect_refused(imported("RNN", 1, {text("direction", "sideways")}), "direction is 'sideways'");
  expect_refused(imported("RNN", 1, {number("clip", 0)}), "clip is 0");
  expect_refused(imported("RNN", 1, {integer("hidden_size", 5)}), "hidden_size is 5");
  expect_refused(imported("RNN", 1, {integer("input_forget", 1)}), "attribute input_forget is not supported");
}

}  // namespace
}  // namespace tenon::onnx
