// A model's own functions: what their calls become, and which are refused.
#include "onnx/functions.h"

#include <gtest/gtest.h>

#include "ir/graph.h"
#include "ir/text.h"
#include "onnx/import.h"

namespace tenon::onnx {
namespace {

Attribute number(const std::string& name, float f) {
  Attribute a;
  a.name = name, a.kind = AttributeKind::floating, a.f = f;
  return a;
}

Attribute reference(const std::string& name, const std::string& of_function) {
  Attribute a;
  a.name = name, a.kind = AttributeKind::floating, a.reference = of_function;
  return a;
}

Node node(const std::string& op, std::vector<std::string> in, std::vector<std::string> out,
          std::vector<Attribute> attributes = {}, const std::string& domain = "") {
  Node n;
  n.op_type = op, n.inputs = std::move(in), n.outputs = std::move(out);
  n.attributes = std::move(attributes), n.domain = domain;
  return n;
}

Node call(const std::string& name, std::vector<std::string> in, std::vector<std::string> out,
          std::vector<Attribute> attributes = {}) {
  return node(name, std::move(in), std::move(out), std::move(attributes), "own");
}

Function function(const std::string& name, std::vector<std::string> in, std::vector<std::string> out,
                  std::vector<Node> nodes, int64_t opset = 20) {
  Function f;
  f.name = name, f.domain = "own", f.inputs = std::move(in), f.outputs = std::move(out), f.nodes = std::move(nodes);
  f.opsets = {{"", opset}, {"own", 1}};
  return f;
}

std::shared_ptr<Model> model(std::vector<Node> nodes, std::vector<Function> functions) {
  auto m = std::make_shared<Model>();
  m->opsets = {{"", 21}, {"own", 1}};
  Type type{TypeKind::tensor, 1, std::vector<Dim>{{2, ""}}, 0, {}};
  m->graph.inputs = {{"x", type}};
  m->graph.outputs = {{"y", type}};
  m->graph.nodes = std::move(nodes);
  m->functions = std::move(functions);
  return m;
}

std::string imported(std::shared_ptr<Model> m) {
  try {
    return to_text(lower(import_model(*m)));
  } catch (const Error& e) {
    return e.what();
  }
}

bool says(const std::string& text, const std::string& words) { return text.find(words) != text.npos; }

TEST(OnnxFunctions, BodiesStandForCallsAndNamesStayApart) {
  Function twice = function("Twice", {"a"}, {"b"}, {node("Add", {"a", "a"}, {"t"}), node("Neg", {"t"}, {"b"})});
  EXPECT_EQ(imported(model({call("Twice", {"x"}, {"t"}), call("Twice", {"t"}, {"y"})}, {twice})),
            "x = input() type=f32[2] : f32[2]\n"
            "t/t = add(x, x) : f32[2]\n"
            "t = neg(t/t) : f32[2]\n"
            "y/t = add(t, t) : f32[2]\n"
            "y = neg(y/t) : f32[2]\n"
            "return y\n");
}

TEST(OnnxFunctions, AttributesComeFromTheCallOrAreDefaultsOrStayAway) {
  Function leak = function("Leak", {"a"}, {"b"}, {node("LeakyRelu", {"a"}, {"b"}, {reference("alpha", "slope")})});
  leak.attributes = {"slope"};
  Function with_default = leak;
  with_default.attributes.clear();
  with_default.defaults = {number("slope", 0.25)};
  EXPECT_TRUE(says(imported(model({call("Leak", {"x"}, {"y"}, {number("slope", 0.5)})}, {leak})), "alpha=0.5 "));
  EXPECT_TRUE(says(imported(model({call("Leak", {"x"}, {"y"})}, {leak})), "leaky_relu(x) :"));  // the operator's own
  EXPECT_TRUE(says(imported(model({call("Leak", {"x"}, {"y"})}, {with_default})), "alpha=0.25 "));
  EXPECT_TRUE(says(imported(model({call("Leak", {"x"}, {"y"}, {number("tilt", 1)})}, {leak})), "no attribute tilt"));
  Attribute text;
  text.name = "slope", text.kind = AttributeKind::text;
  EXPECT_TRUE(says(imported(model({call("Leak", {"x"}, {"y"}, {text})}, {leak})), "slope is STRING, expected FLOAT"));
}

TEST(OnnxFunctions, NestAndGoBeforeOperators) {
  Function inner = function("Relu", {"a"}, {"b"}, {node("Neg", {"a"}, {"b"})});
  inner.domain = "";
  Function outer = function("Outer", {"a"}, {"b"}, {node("Relu", {"a"}, {"t"}), node("Abs", {"t"}, {"b"})});
  std::string text = imported(model({call("Outer", {"x"}, {"y"})}, {outer, inner}));
  EXPECT_TRUE(says(text, "neg(x)") && !says(text, "relu")) << text;
  inner.overload = "other";
  EXPECT_TRUE(says(imported(model({call("Outer", {"x"}, {"y"})}, {outer, inner})), "relu(x)"));
}

TEST(OnnxFunctions, MayHandInputsThroughLeaveThemOutAndRepeatOutputs) {
  Function both = function("Both", {"a", "low"}, {"a", "b", "b"}, {node("Clip", {"a", "low"}, {"b"})});
  std::string text =
      imported(model({call("Both", {"x"}, {"p", "q", "r"}), node("Sum", {"p", "q", "r"}, {"y"})}, {both}));
  EXPECT_TRUE(says(text, "return y") && says(text, "identity(")) << text;
  EXPECT_TRUE(says(imported(model({call("Both", {"x", "x", "x"}, {"y"})}, {both})), "takes 2 inputs, found 3"));
  EXPECT_TRUE(says(imported(model({call("Both", {"x"}, {"y", "", "", "z"})}, {both})), "has 3 outputs, found 4"));
}

TEST(OnnxFunctions, OpsetsAreTheFunctionsOwn) {
  Node squeeze = node("Softmax", {"a"}, {"b"});
  EXPECT_TRUE(says(imported(model({call("F", {"x"}, {"y"})}, {function("F", {"a"}, {"b"}, {squeeze})})), "softmax(x)"));
  EXPECT_TRUE(says(imported(model({call("F", {"x"}, {"y"})}, {function("F", {"a"}, {"b"}, {squeeze}, 11)})),
                   "axis 1 is out of range"));
  EXPECT_TRUE(says(imported(model({call("F", {"x"}, {"y"})}, {function("F", {"a"}, {"b"}, {squeeze}, 6)})),
                   "opset 6 of ai.onnx is not supported"));
}

TEST(OnnxFunctions, CyclesAndBombsAreRefused) {
  Function a = function("A", {"a"}, {"b"}, {call("B", {"a"}, {"b"})});
  Function b = function("B", {"a"}, {"b"}, {call("A", {"a"}, {"b"})});
  EXPECT_TRUE(says(imported(model({call("A", {"x"}, {"y"})}, {a, b})), "'A' calls itself"));
  EXPECT_TRUE(says(imported(model({call("A", {"x"}, {"y"})}, {a, a})), "two functions are called 'A'"));
  std::vector<Function> bomb;
  for (int i = 0; i < 40; ++i) {
    std::string next = i ? concat("F", i - 1) : "Leaf";
    bomb.push_back(function(concat("F", i), {"a"}, {"b"}, {call(next, {"a"}, {"t"}), call(next, {"t"}, {"b"})}));
  }
  bomb.push_back(function("Leaf", {"a"}, {"b"}, {node("Neg", {"a"}, {"b"})}));
  auto m = model({call("F39", {"x"}, {"y"})}, bomb);
  EXPECT_THROW(inline_functions(*m, {.nodes = 1000}), Error);
  EXPECT_THROW(inline_functions(*m, {.bytes = 100'000}), Error);
  EXPECT_THROW(inline_functions(*m, {.depth = 8}), Error);
}

TEST(OnnxFunctions, GraphsInsideAreRefused) {
  Attribute body;
  body.name = "then_branch", body.kind = AttributeKind::graph, body.graphs = {Graph()};
  EXPECT_TRUE(says(
      imported(model({call("F", {"x"}, {"y"})}, {function("F", {"a"}, {"b"}, {node("If", {"a"}, {"b"}, {body})})})),
      "graphs inside functions are not supported"));
}

}  // namespace
}  // namespace tenon::onnx
