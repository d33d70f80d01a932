// Printing and parsing whole graphs.
#include "ir/text.h"

namespace tenon {

static std::string print(const Graph& graph, WeightsText how, std::vector<Weights>* list) {
  std::string text;
  for (const auto& n : graph.nodes()) {
    std::string outputs, inputs, types;
    for (const auto& out : n->outputs()) {
      outputs += (outputs.empty() ? "" : ", ") + quoted(out->name);
      types += concat(types.empty() ? " : " : ", ", *out->inferred);
    }
    for (const Value* in : n->inputs()) inputs += (inputs.empty() ? "" : ", ") + quoted(in->name);
    text += concat(outputs, " = ", n->info().name, "(", inputs, ")", fields_text(n->op(), how, list), types, "\n");
  }
  std::string kept, returned;
  for (const auto& n : graph.nodes())
    for (const auto& out : n->outputs())
      if (out->kept) kept += (kept.empty() ? "keep " : ", ") + quoted(out->name);
  if (!kept.empty()) text += kept + "\n";
  for (const Graph::Output& out : graph.outputs()) {
    returned += (returned.empty() ? "return " : ", ") + quoted(out.value->name);
    if (out.name != out.value->name) returned += " as " + quoted(out.name);
  }
  return text + returned + "\n";
}

Text print(const Graph& graph) {
  Text text;
  text.lines = print(graph, WeightsText::listed, &text.weights);
  return text;
}

std::string to_text(const Graph& graph) { return print(graph, WeightsText::inlined, nullptr); }

static void parse_return(Graph& graph, Words words) {
  do {
    std::string name = words.name();
    Value* value = graph.find(name);
    check(value, ErrorId::text_malformed, "'", name, "' is not defined above");
    graph.mark_output(*value, words.take("as ") ? words.name() : name);
  } while (words.take(","));
  check(words.at_end(), ErrorId::text_malformed, "unexpected '", words.rest(), "'");
}

static void parse_keep(const Graph& graph, Words words) {
  do {
    std::string name = words.name();
    Value* value = graph.find(name);
    check(value, ErrorId::text_malformed, "'", name, "' is not defined above");
    value->kept = true;
  } while (words.take(","));
  check(words.at_end(), ErrorId::text_malformed, "unexpected '", words.rest(), "'");
}

// name, name = op(a, b) field=value : type, type
static void parse_node(Graph& graph, Words words, const std::vector<Weights>& weights) {
  std::vector<std::string> names;
  do names.push_back(words.name());
  while (words.take(","));
  for (const std::string& name : names)
    check(!graph.find(name), ErrorId::text_malformed, "'", name, "' is defined twice");
  words.expect("=");
  const OpInfo& info = find_op(words.name());
  std::unique_ptr<Op> op = info.make(info.row);
  std::vector<Value*> inputs;
  words.expect("(");
  while (!words.take(")")) {
    std::string name = words.name();
    Value* value = graph.find(name);
    check(value, ErrorId::text_malformed, "'", name, "' is not defined above");
    inputs.push_back(value);
    words.take(",");
  }
  std::string_view rest = words.rest();
  size_t colon = rest.starts_with(": ") ? 0 : rest.find(" : ");
  parse_fields(*op, rest.substr(0, colon), weights);
  Node& node = graph.append(std::move(op), std::move(inputs), std::move(names));
  if (colon == rest.npos) return;
  std::string inferred;
  for (const auto& out : node.outputs()) inferred += concat(inferred.empty() ? "" : ", ", *out->inferred);
  std::string_view stated = Words(rest.substr(colon + (colon ? 3 : 2))).rest();
  check(stated == inferred, ErrorId::text_malformed, "stated ", stated, ", inferred ", inferred);
}

Graph parse(const Text& text) {
  Graph graph;
  std::string_view rest = text.lines;
  for (int number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    try {
      Words words(line);
      if (words.at_end() || words.rest()[0] == '#') continue;
      if (words.take("return ")) parse_return(graph, words);
      else if (words.take("keep ")) parse_keep(graph, words);
      else parse_node(graph, words, text.weights);
    } catch (Error& e) {
      e.add_context(concat("line ", number));
      throw;
    }
  }
  verify(graph);
  return graph;
}

}  // namespace tenon
