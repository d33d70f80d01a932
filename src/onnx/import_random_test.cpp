// What nodes that draw numbers become: streams of their own without a seed, the seed's numbers with one. And which
// opsets and domains are taken at all.
#include <gtest/gtest.h>

#include "ir/graph.h"
#include "ir/text.h"
#include "onnx/import.h"

namespace tenon::onnx {
namespace {

Attribute number(const std::string& name, float value) {
  Attribute a;
  a.name = name, a.kind = AttributeKind::floating, a.f = value;
  return a;
}

Node node(const std::string& op, std::vector<std::string> in, std::vector<std::string> out,
          std::vector<Attribute> attributes = {}, const std::string& domain = "") {
  Node n;
  n.op_type = op, n.inputs = std::move(in), n.outputs = std::move(out);
  n.attributes = std::move(attributes), n.domain = domain;
  return n;
}

std::string imported(std::vector<Node> nodes, std::vector<OpsetId> opsets = {{"", 22}}) {
  Model m;
  m.opsets = std::move(opsets);
  Type floats{TypeKind::tensor, 1, std::vector<Dim>{{2, ""}}, 0, {}},
      flag{TypeKind::tensor, 9, std::vector<Dim>{}, 0, {}};
  m.graph.inputs = {{"x", floats}, {"training", flag}};
  for (const Node& n : nodes)
    for (const std::string& out : n.outputs) m.graph.outputs.push_back({out, floats});
  m.graph.nodes = std::move(nodes);
  try {
    return to_text(lower(import_model(m)));
  } catch (const Error& e) {
    return e.what();
  }
}

bool says(const std::string& text, const std::string& words) { return text.find(words) != text.npos; }

TEST(OnnxRandom, NodesWithoutASeedDrawFromStreamsOfTheirOwn) {
  std::string text = imported({node("RandomUniformLike", {"x"}, {"a"}), node("RandomUniformLike", {"x"}, {"b"})});
  EXPECT_TRUE(says(text, "a = random(a/1) kind=uniform seed=362478989166 : f32[2]")) << text;
  EXPECT_TRUE(says(text, "b = random(b/1) kind=uniform seed=362478989166 stream=1 : f32[2]")) << text;
}

TEST(OnnxRandom, EqualSeedsDrawEqualNumbers) {
  std::string text = imported({node("RandomNormalLike", {"x"}, {"a"}, {number("seed", 2), number("mean", 3)}),
                               node("RandomNormalLike", {"x"}, {"b"}, {number("seed", 2), number("mean", 3)})});
  EXPECT_TRUE(says(text, "a = random(a/1) kind=normal shift=3 seed=1073741824 : f32[2]")) << text;
  EXPECT_TRUE(says(text, "b = random(b/1) kind=normal shift=3 seed=1073741824 : f32[2]")) << text;
}

TEST(OnnxRandom, UniformNumbersLieBetweenTheirBounds) {
  std::string text = imported({node("RandomUniformLike", {"x"}, {"a"}, {number("low", -1), number("high", 3)})});
  EXPECT_TRUE(says(text, "kind=uniform shift=-1 scale=4")) << text;
}

TEST(OnnxRandom, DropoutMayBeToldToTrainWhenItRuns) {
  std::string text = imported({node("Dropout", {"x", "", "training"}, {"y", "mask"})});
  EXPECT_TRUE(says(text, "mask = greater_equal(")) << text;
  EXPECT_TRUE(says(text, "= random(")) << text;
  EXPECT_TRUE(says(imported({node("Dropout", {"x"}, {"y"})}), "y = identity(x)"));
}

TEST(OnnxRandom, IntegersCannotBeDrawn) {
  Attribute type;
  type.name = "dtype", type.kind = AttributeKind::integer, type.i = 7;
  EXPECT_TRUE(says(imported({node("RandomNormalLike", {"x"}, {"a"}, {type})}), "numbers of type i64 cannot be drawn"));
}

TEST(OnnxOpsets, NotMeansTheSameInAllOfThem) {
  EXPECT_TRUE(says(imported({node("Not", {"training"}, {"y"})}, {{"", 1}}), "y = not(training)"));
  std::string text = imported({node("Neg", {"x"}, {"y"})}, {{"", 1}});
  EXPECT_TRUE(says(text, "Neg 'y': opset 1 of ai.onnx is not supported, 7 to 27 are")) << text;
  text = imported({node("Not", {"training"}, {"y"})}, {{"", 28}});
  EXPECT_TRUE(says(text, "opset 28 of ai.onnx is not supported")) << text;
}

TEST(OnnxOpsets, OperatorsOfOtherDomainsGoByTheirOwnVersions) {
  const std::string ml = "ai.onnx.ml";
  EXPECT_TRUE(says(imported({node("Binarizer", {"x"}, {"y"}, {}, ml)}, {{ml, 1}}), "y = cast("));
  std::string text = imported({node("LabelEncoder", {"x"}, {"y"}, {}, ml)}, {{ml, 1}});
  EXPECT_TRUE(says(text, "LabelEncoder 'y': the operator of domain ai.onnx.ml is not supported")) << text;
  text = imported({node("Binarizer", {"x"}, {"y"})});
  EXPECT_TRUE(says(text, "Binarizer 'y': the operator is not supported")) << text;
  text = imported({node("Adam", {"x"}, {"y"}, {}, "ai.onnx.preview.training")}, {{"ai.onnx.preview.training", 2}});
  EXPECT_TRUE(says(text, "its meaning in opset 2 is not supported")) << text;
}

}  // namespace
}  // namespace tenon::onnx
