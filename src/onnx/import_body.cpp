// Graphs within nodes: an importer each, and what it reads from outside.
#include <algorithm>

#include "ir/graph.h"
#include "onnx/importer.h"
#include "ops/constant/constant.h"
#include "ops/input/input.h"

namespace tenon::onnx {

Importer::Importer(Importer& outer, const Graph& body, const Opsets& opsets, bool apart)
    : model_(outer.model_),
      graph_(body),
      stop_(outer.stop_),
      outer_(&outer),
      apart_(apart),
      depth_(outer.depth_ + 1),
      opsets_(&opsets),
      imported_(outer.imported_),
      notes_(outer.notes_),
      given_(outer.given_),
      computed_(outer.computed_) {
  check(depth_ <= max_depth, ErrorId::limit_exceeded, "graphs are nested ", depth_, " deep, the most is ", max_depth);
  if (!apart) network_ = outer.network_;
  for (const Tensor& t : graph_.initializers) initializers_[t.name] = &t;
}

void Importer::import_body_nodes() {
  Inlined inlined = inline_functions(model_, graph_, *opsets_);
  refuse_unsupported(inlined);
  import_nodes(inlined);
}

std::vector<Value*> Importer::run_inside() {
  import_body_nodes();
  std::vector<Value*> results;
  for (const ValueInfo& output : graph_.outputs) results.push_back(&value(output.name));
  return results;
}

ImportedBody Importer::run_apart() {
  import_body_nodes();
  return finish_apart(graph_.outputs);
}

ImportedBody Importer::finish_apart(const std::vector<ValueInfo>& outputs) {
  for (const ValueInfo& output : outputs) network_->mark_output(value(output.name), output.name);
  for (;;) {
    auto graph = std::make_shared<tenon::Graph>(lower(*network_));
    if (!capture_carriers(*graph)) return {std::move(graph), captured_};
  }
}

Value& Importer::capture(Value& outside, const std::string& name) {
  if (auto it = inputs_of_.find(&outside); it != inputs_of_.end()) return *it->second;
  if (Weights weights = outer_->known(outside)) return network_->add(Constant(std::move(weights)), {}, name);
  const auto* type = std::get_if<TensorType>(&outer_->network().type(outside));
  check(type, ErrorId::unsupported_type, "'", name, "' is no tensor");
  Input input(as_told(*type));
  const Contents* contents = outer_->network().contents(outside);
  if (contents && std::all_of(contents->begin(), contents->end(), [&](const tenon::Dim& d) { return is_told(d); }))
    input.known = *contents;
  captured_.push_back(&outside);
  return *(inputs_of_[&outside] = &network_->add(input, {}, name));
}

// Symbols that stand alone in the shape of an input are told by it.
static void add_alone(const Shape& shape, std::set<std::string>& told) {
  for (const tenon::Dim& d : shape) {
    std::map<std::string, int> symbols;
    d.symbols(symbols);
    if (symbols.size() == 1 && d == tenon::Dim::symbol(symbols.begin()->first)) told.insert(symbols.begin()->first);
  }
}

// A value, here or outside, whose shape tells the symbol; null: there is none.
Value* Importer::carrier_of(const std::string& symbol) {
  for (const auto& n : network_->nodes())
    for (const auto& v : n->outputs())
      if (const auto* type = v->inferred ? std::get_if<TensorType>(&*v->inferred) : nullptr) {
        std::set<std::string> told;
        add_alone(type->shape, told);
        if (told.contains(symbol)) return v.get();
      }
  Value* outside = outer_ ? outer_->carrier_of(symbol) : nullptr;
  return outside && apart_ ? &capture(*outside, outside->name) : outside;
}

// Whether values outside tell all symbols of an extent.
bool Importer::is_told(const tenon::Dim& d) {
  std::map<std::string, int> symbols;
  d.symbols(symbols);
  return std::all_of(symbols.begin(), symbols.end(), [&](const auto& s) { return outer_->carrier_of(s.first); });
}

TensorType Importer::as_told(TensorType type) {
  for (tenon::Dim& d : type.shape) {
    if (d.known() || is_told(d)) continue;
    std::string name = concat("late$", *imported_, "e", own_symbols_.size());
    d = own_symbols_.try_emplace(to_text(d), tenon::Dim::symbol(name)).first->second;
  }
  return type;
}

// A body is told extents by its own inputs alone: those that it has from outside by name only come with an input more.
bool Importer::capture_carriers(const tenon::Graph& graph) {
  std::set<std::string> told;
  std::map<std::string, int> used;
  for (const auto& n : graph.nodes())
    for (const auto& v : n->outputs()) {
      bool tells = as<Input>(*v) || n->op().late() != Late::nothing;
      if (tells) add_alone(v->shape(), told);
      if (n->op().late() == Late::contents) add_alone(*v->contents, told);
      for (const tenon::Dim& d : v->shape()) d.symbols(used);
      if (v->contents)
        for (const tenon::Dim& d : *v->contents) d.symbols(used);
    }
  bool captured = false;
  for (const auto& [symbol, count] : used) {
    if (told.contains(symbol)) continue;
    Value* carrier = outer_->carrier_of(symbol);
    check(carrier, ErrorId::not_known, "nothing tells the extent ", symbol, " within a graph in a node");
    captured = captured || !inputs_of_.contains(carrier);
    capture(*carrier, carrier->name);
  }
  return captured;
}

}  // namespace tenon::onnx
