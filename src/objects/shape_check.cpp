#include "objects/shape_check.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "ops/assertion/assertion.h"
#include "ops/input/input.h"

namespace tenon::objects {

ShapeCheck::ShapeCheck(const Graph& graph) {
  std::unordered_set<const tenon::Node*> wanted;
  for (auto n = graph.nodes().rbegin(); n != graph.nodes().rend(); ++n) {
    const tenon::Node& node = **n;
    bool assertion = as<Assertion>(node);
    if (!assertion && !wanted.contains(&node)) continue;
    nodes_.push_back(&node);
    for (int i = 0; i < node.input_count(); ++i)
      if (!assertion || i == 1 || wanted.contains(&node)) wanted.insert(node.input(i).producer);
  }
  std::reverse(nodes_.begin(), nodes_.end());
  for (const tenon::Node* in : graph.inputs()) inputs_.push_back(in);
}

// Inference once more, with numbers for the symbols of the inputs' shapes.
void ShapeCheck::run(const std::vector<Extents>& inputs, const Binding& told) const {
  struct Known {
    Type type;
    std::optional<Contents> contents;
  };
  std::unordered_map<const tenon::Value*, Known> known;
  for (const tenon::Node* node : nodes_) {
    if (const Input* input = as<Input>(*node)) {
      auto place = size_t(std::find(inputs_.begin(), inputs_.end(), node) - inputs_.begin());
      TensorType type{input->type.element, {}};
      for (int64_t extent : inputs.at(place)) type.shape.push_back(extent);
      std::optional<Contents> contents;
      if (!input->known.empty()) contents.emplace();
      for (const Dim& element : input->known) contents->push_back(element.at(told));
      known[&node->output()] = {type, std::move(contents)};
      continue;
    }
    std::vector<Inputs::Operand> operands;
    for (const tenon::Value* v : node->inputs()) {
      auto it = known.find(v);
      if (it == known.end()) operands.push_back({&*v->inferred, nullptr});
      else operands.push_back({&it->second.type, it->second.contents ? &*it->second.contents : nullptr});
    }
    try {
      Inferred inferred = infer(node->op(), operands);
      for (size_t i = 0; i < inferred.types.size(); ++i) known[&node->output(int(i))] = {inferred.types[i], {}};
      known[&node->output()].contents = std::move(inferred.contents);
    } catch (Error& e) {
      e.add_context(node->label());
      throw;
    }
  }
}

}  // namespace tenon::objects
