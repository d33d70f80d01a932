// Inputs, canonical text and arithmetic of a region.
#include "select/region.h"

#include <algorithm>
#include <unordered_map>

#include "ir/text.h"

namespace tenon {

Region::Region(std::vector<const Node*> list) : nodes(std::move(list)) {
  for (const Node* n : nodes)
    for (const Value* in : n->inputs()) {
      bool inside = std::find(nodes.begin(), nodes.end(), in->producer) != nodes.end();
      if (!inside && std::find(inputs.begin(), inputs.end(), in) == inputs.end()) inputs.push_back(in);
    }
  for (const auto& out : root().outputs()) exits.push_back(out.get());
}

static std::string known_type(const Value& value, const Binding& shape) {
  return concat(value.element(), at(value.shape(), shape));
}

// (f32[4,64,8,8], f32[64,64,3,3]) conv(a,b) strides=1,1; relu(%0)
std::string Region::text(const Binding& shape) const {
  std::unordered_map<const Value*, std::string> name;
  std::string types, body;
  for (const Value* in : inputs) {
    std::string letter = name.size() < 26 ? std::string(1, char('a' + name.size())) : concat("in", name.size());
    name[in] = letter;
    types += (types.empty() ? "" : ", ") + known_type(*in, shape);
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    std::string arguments;
    for (const Value* in : nodes[i]->inputs()) arguments += (arguments.empty() ? "" : ",") + name.at(in);
    name[&nodes[i]->output()] = concat("%", i);
    for (size_t k = 1; k < nodes[i]->outputs().size(); ++k) name[&nodes[i]->output(int(k))] = concat("%", i, ".", k);
    body += concat(i ? "; " : "", nodes[i]->info().name, "(", arguments, ")", fields_text(nodes[i]->op()));
  }
  std::string results;
  for (const Value* out : exits) results += concat(results.empty() ? " -> " : ", ", known_type(*out, shape));
  return concat("(", types, ") ", body, results);
}

std::optional<Expression> expression_of(std::span<const Node* const> nodes, std::span<const Value* const> inputs) {
  Expression e;
  std::unordered_map<const Value*, Term> term;
  for (size_t i = 0; i < inputs.size(); ++i) term.emplace(inputs[i], input(e, int(i), inputs[i]->element()));
  for (const Node* n : nodes) {
    std::vector<Term> in;
    for (const Value* v : n->inputs()) {
      auto it = term.find(v);
      if (it == term.end()) return {};
      in.push_back(it->second);
    }
    if (n->outputs().size() != 1) return {};
    std::optional<Term> result = n->op().pointwise(in);
    if (!result) return {};
    term.insert_or_assign(&n->output(), *result);
    e.result = result->index;
  }
  return e;
}

bool is_pointwise(const Node& node, std::string* small) {
  if (node.inputs().empty() || node.outputs().size() != 1) return false;
  Expression e;
  std::vector<Term> in;
  for (int i = 0; i < node.input_count(); ++i) in.push_back(input(e, i, node.input(i).element()));
  if (!node.op().pointwise(in)) return false;
  auto is_small = [](const Value* v) { return small_types.contains(v->element()); };
  auto it = std::find_if(node.inputs().begin(), node.inputs().end(), is_small);
  const Value* value = it != node.inputs().end() ? *it : is_small(&node.output()) ? &node.output() : nullptr;
  if (value && small) *small = concat("'", value->name, "' is ", value->element(), "; expressions have no small types");
  return !value;
}

}  // namespace tenon
