// Printing and parsing whole graphs.
#include "ir/text.h"

#include <utility>

namespace tenon {

// Bodies come first, the innermost ahead, each a graph of its own behind `body`: what has been read is all that may be
// named. No body is printed twice.
class GraphPrinter {
 public:
  explicit GraphPrinter(WeightsText how) : how_(how) {}
  std::string text;
  Attachments attached;

  void print(const Graph& graph, const char* head = "") {
    std::string lines = head;  // bodies that it uses get into the text before it
    for (const auto& n : graph.nodes()) {
      std::string outputs, inputs, types;
      for (const auto& out : n->outputs()) {
        outputs += (outputs.empty() ? "" : ", ") + quoted(out->name);
        types += concat(types.empty() ? " : " : ", ", *out->inferred);
      }
      for (const Value* in : n->inputs()) inputs += (inputs.empty() ? "" : ", ") + quoted(in->name);
      lines += concat(outputs, " = ", n->info().name, "(", inputs, ")", fields(n->op()), types, "\n");
    }
    text += lines + ends_of(graph);
  }

 private:
  // Numbers of bodies are those of the whole text.
  std::string fields(const Op& op) {
    for (const Body& body : bodies_of(op)) {
      if (numbers_.contains(body.get())) continue;
      print(*body, "body\n");
      numbers_.emplace(body.get(), int(numbers_.size()));
    }
    Attachments own;
    own.weights = std::move(attached.weights);
    std::string list = fields_text(op, how_, &own);
    attached.weights = std::move(own.weights);
    size_t from = 0;
    for (size_t i = 0; i < own.bodies.size(); ++i) {  // @0 of this op is another of the text
      std::string mine = concat("=@", i), of_text = concat("=@", numbers_.at(own.bodies[i].get()));
      from = list.find(mine, from);
      list.replace(from, mine.size(), of_text);
      from += of_text.size();
    }
    return list;
  }

  static std::string ends_of(const Graph& graph) {
    std::string kept, returned;
    for (const auto& n : graph.nodes())
      for (const auto& out : n->outputs())
        if (out->kept) kept += (kept.empty() ? "keep " : ", ") + quoted(out->name);
    if (!kept.empty()) kept += "\n";
    for (const Graph::Output& out : graph.outputs()) {
      returned += (returned.empty() ? "return " : ", ") + quoted(out.value->name);
      if (out.name != out.value->name) returned += " as " + quoted(out.name);
    }
    return kept + returned + "\n";
  }

  WeightsText how_;
  std::map<const Graph*, int> numbers_;
};

Text print(const Graph& graph) {
  GraphPrinter printer(WeightsText::listed);
  printer.print(graph);
  return {std::move(printer.text), std::move(printer.attached.weights)};
}

std::string to_text(const Graph& graph) {
  GraphPrinter printer(WeightsText::inlined);
  printer.print(graph);
  return std::move(printer.text);
}

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
static void parse_node(Graph& graph, Words words, const Attachments& attached) {
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
  parse_fields(*op, rest.substr(0, colon), attached);
  Node& node = graph.append(std::move(op), std::move(inputs), std::move(names));
  if (colon == rest.npos) return;
  std::string inferred;
  for (const auto& out : node.outputs()) inferred += concat(inferred.empty() ? "" : ", ", *out->inferred);
  std::string_view stated = Words(rest.substr(colon + (colon ? 3 : 2))).rest();
  check(stated == inferred, ErrorId::text_malformed, "stated ", stated, ", inferred ", inferred);
}

Graph parse(const Text& text) {
  Graph graph;
  Attachments attached{text.weights, {}};
  bool in_body = false;
  std::string_view rest = text.lines;
  for (int number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    try {
      Words words(line);
      if (words.at_end() || words.rest()[0] == '#') continue;
      if (words.rest() == "body") {
        check(graph.nodes().empty() && !in_body, ErrorId::text_malformed, "a body stands before all that uses it");
        in_body = true;
      } else if (words.take("return ")) {
        parse_return(graph, words);
        if (!std::exchange(in_body, false)) continue;
        verify(graph);
        attached.bodies.push_back(std::make_shared<const Graph>(std::exchange(graph, Graph())));
      } else if (words.take("keep ")) {
        parse_keep(graph, words);
      } else {
        parse_node(graph, words, attached);
      }
    } catch (Error& e) {
      e.add_context(concat("line ", number));
      throw;
    }
  }
  check(!in_body, ErrorId::text_malformed, "a body returns nothing");
  verify(graph);
  return graph;
}

}  // namespace tenon
