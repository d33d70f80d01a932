// The text form of a graph: one line a node, `y = softmax(x) axis=-1 : f32[N,3]`, then `keep y` for values that are
// never stored narrower than their type, and `return y`. Graphs within nodes stand before it, each behind a line
// `body`; fields name them by their place, @0, @1, … Reads back.
#pragma once
#include "ir/fields_text.h"
#include "ir/graph.h"

namespace tenon {

struct Text {
  std::string lines;
  std::vector<Weights> weights;  // what #0, #1, … stand for
};

Text print(const Graph& graph);           // complete
std::string to_text(const Graph& graph);  // to look at: small weights inline, others as type and digest
Graph parse(const Text& text);
inline Graph parse(std::string lines) { return parse(Text{std::move(lines), {}}); }

}  // namespace tenon
