// What nodes become whose extents only a run finds out, and which of their uses are refused.
#include <gtest/gtest.h>

#include "ir/graph.h"
#include "ir/text.h"
#include "onnx/import.h"

namespace tenon::onnx {
namespace {

Attribute number(const std::string& name, int64_t value) {
  Attribute a;
  a.name = name, a.kind = AttributeKind::integer, a.i = value;
  return a;
}

// Of x: f32[2,3], flags: bool[2], boxes: f32[1,5,4], scores: f32[1,2,5].
std::string imported(const std::string& op, std::vector<std::string> in, std::vector<std::string> out,
                     std::vector<Attribute> attributes = {}, int64_t opset = 22) {
  auto tensor = [](int element, std::vector<Dim> shape) {
    return Type{TypeKind::tensor, element, std::move(shape), 0, {}};
  };
  Model m;
  m.opsets = {{"", opset}};
  m.graph.inputs = {{"x", tensor(1, {{2, ""}, {3, ""}})},
                    {"flags", tensor(9, {{2, ""}})},
                    {"boxes", tensor(1, {{1, ""}, {5, ""}, {4, ""}})},
                    {"scores", tensor(1, {{1, ""}, {2, ""}, {5, ""}})}};
  for (const std::string& name : out)
    if (!name.empty()) m.graph.outputs.push_back({name, tensor(1, {})});
  Node n;
  n.op_type = op, n.inputs = std::move(in), n.outputs = std::move(out), n.attributes = std::move(attributes);
  m.graph.nodes = {n};
  try {
    return to_text(lower(import_model(m)));
  } catch (const Error& e) {
    return e.what();
  }
}

bool says(const std::string& text, const std::string& words) { return text.find(words) != text.npos; }

TEST(OnnxLate, CompressGathersWhereTheConditionIsNotZero) {
  std::string text = imported("Compress", {"x", "flags"}, {"y"}, {number("axis", -2)});
  EXPECT_TRUE(says(text, "= nonzero(flags) count=[late$0.0] : i64[1,late$0.0]")) << text;
  EXPECT_TRUE(says(text, "axis=-2 : f32[late$0.0,3]")) << text;
  text = imported("Compress", {"x", "flags"}, {"y"});
  EXPECT_TRUE(says(text, "reshape(x) shape=[6]")) << text;
  EXPECT_TRUE(says(text, ": f32[late$0.0]\n")) << text;
}

TEST(OnnxLate, CompressWantsAListOfBools) {
  std::string text = imported("Compress", {"x", "x"}, {"y"});
  EXPECT_TRUE(says(text, "the condition is f32[2,3], expected a list of bool")) << text;
  text = imported("Compress", {"x", "flags"}, {"y"}, {number("axis", 2)});
  EXPECT_TRUE(says(text, "axis 2 is out of range for rank 2")) << text;
  text = imported("Compress", {"x", "flags"}, {"y"}, {}, 8);
  EXPECT_TRUE(says(text, "its meaning in opset 8 is not supported")) << text;
}

TEST(OnnxLate, UniqueWithoutAnAxisIsOfAllElements) {
  std::string text = imported("Unique", {"x"}, {"y", "", "v"}, {number("sorted", 0)});
  EXPECT_TRUE(says(text, "sorted=false count=[late$0.0] : f32[late$0.0], i64[late$0.0], i64[6], i64[late$0.0]"))
      << text;
  text = imported("Unique", {"x"}, {"y"}, {number("axis", 1)});
  EXPECT_TRUE(says(text, "unique(x) axis=1 count=[late$0.0] : f32[2,late$0.0]")) << text;
}

TEST(OnnxLate, BoxesAreTakenByStandardNumbersWhereNoneAreGiven) {
  std::string text = imported("NonMaxSuppression", {"boxes", "scores"}, {"y"});
  EXPECT_TRUE(says(text, "= constant() data=i64[]{0}")) << text;
  EXPECT_TRUE(says(text, "= constant() data=f32[]{0}")) << text;
  EXPECT_TRUE(says(text, " count=[late$0.0] : i64[late$0.0,3]")) << text;
  text = imported("NonMaxSuppression", {"boxes", "scores"}, {"y"}, {number("center_point_box", 2)});
  EXPECT_TRUE(says(text, "center_point_box is 2, expected 0 or 1")) << text;
  text = imported("NonMaxSuppression", {"boxes", "", "x"}, {"y"});
  EXPECT_TRUE(says(text, "operand 1 is missing")) << text;
}

}  // namespace
}  // namespace tenon::onnx
