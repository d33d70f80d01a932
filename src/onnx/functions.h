// Calls of a model's own functions, replaced by the functions' bodies: what is left are calls of operators.
#pragma once
#include <deque>
#include <map>

#include "onnx/model.h"

namespace tenon::onnx {

// Checked while bodies are copied: functions that call functions grow a file exponentially.
struct InlineLimits {
  size_t nodes = 1'000'000;
  int64_t bytes = int64_t(1) << 30;  // of copied names and attributes
  size_t depth = 64;                 // functions within functions
};

using Opsets = std::map<std::string, int64_t>;  // by domain; ai.onnx is called ""

struct InlinedNode {
  const Node* node;  // of the model, or of `made`
  const Opsets* opsets;
};

struct Inlined {
  std::vector<InlinedNode> nodes;  // in any order
  std::deque<Node> made;
  std::deque<Opsets> opsets;
};

// A function comes before an operator of the same name. Refuses functions that call themselves, however indirectly.
Inlined inline_functions(const Model& model, const InlineLimits& limits = {});
// The same for the nodes of a graph within one of the model's nodes, which has the opsets of that node.
Inlined inline_functions(const Model& model, const Graph& body, const Opsets& opsets, const InlineLimits& limits = {});

std::string plain_domain(const std::string& domain);  // "ai.onnx" is ""
std::string label(const Node& node);                  // "Conv 'y'", for messages

}  // namespace tenon::onnx
