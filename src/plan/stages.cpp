#include "plan/stages.h"

#include <algorithm>
#include <unordered_map>

#include "ops/constant/constant.h"
#include "ops/input/input.h"

namespace tenon {

namespace {

bool is_late(const Node& node) { return node.op().late() != Late::nothing; }

class Splitter {
 public:
  explicit Splitter(const Graph& graph) : graph_(graph) {}

  Stages run() {
    find_stages();
    result_.list.resize(size_t(last_) + 1);
    maps_.resize(result_.list.size());
    for (Node* in : graph_.inputs()) add_input(0, in->output());
    for (const auto& n : graph_.nodes())
      if (!n->inputs().empty()) add(*n);
    for (const auto& n : graph_.nodes())
      for (const auto& v : n->outputs())
        if (is_late(*n)) source_of(*v, v->name);  // the stages behind are told of all
    for (const Graph::Output& out : graph_.outputs()) result_.outputs.push_back(source_of(*out.value, out.name));
    for (StageGraph& stage : result_.list) verify(stage.graph);
    return std::move(result_);
  }

 private:
  // A node's stage: that of its operands, or the next where one of them is late.
  void find_stages() {
    for (const auto& n : graph_.nodes()) {
      int stage = 0;
      for (const Value* in : n->inputs())
        stage = std::max(stage, stage_of_[in->producer] + int(is_late(*in->producer)));
      std::map<std::string, int> symbols;
      for (const auto& out : n->outputs())
        for (const Dim& d : out->shape()) d.symbols(symbols);
      for (const auto& [name, count] : symbols)
        if (auto teller = tellers_.find(name); teller != tellers_.end())
          stage = std::max(stage, stage_of_[teller->second] + 1);
      stage_of_[n.get()] = stage;
      if (is_late(*n)) add_symbols(*n);
      last_ = std::max(last_, stage);
    }
  }

  // What a late node tells the stages behind it.
  void add_symbols(const Node& node) {
    std::map<std::string, int> symbols, known;
    for (const Value* in : node.inputs()) {
      for (const Dim& d : in->shape()) d.symbols(known);
      for (const Dim& d : in->contents.value_or(Contents())) d.symbols(known);
    }
    for (const auto& out : node.outputs()) {
      for (const Dim& d : out->shape()) d.symbols(symbols);
      for (const Dim& d : out->contents.value_or(Contents())) d.symbols(symbols);
    }
    for (const auto& [name, count] : symbols)
      if (!known.contains(name)) tellers_.emplace(name, &node);
  }

  void add(const Node& node) {
    int stage = stage_of_[&node];
    std::vector<Value*> operands;
    std::vector<std::string> names;
    for (Value* in : node.inputs()) operands.push_back(&value_in(stage, *in));
    for (const auto& out : node.outputs()) names.push_back(out->name);
    Graph& graph = result_.list[size_t(stage)].graph;
    Node& copy = graph.append(node.op().clone(), std::move(operands), std::move(names));
    graph.origins(copy) = node.origins();
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      maps_[size_t(stage)][node.outputs()[i].get()] = &copy.output(int(i));
      copy.output(int(i)).kept = node.outputs()[i]->kept;
    }
  }

  // The value in a stage: made there, copied as a constant, or one of the stage's inputs.
  Value& value_in(int stage, Value& value) {
    auto known = maps_[size_t(stage)].find(&value);
    if (known != maps_[size_t(stage)].end()) return *known->second;
    Graph& graph = result_.list[size_t(stage)].graph;
    if (!constant_of(value)) return add_input(stage, value);
    Value& copy = graph.append(value.producer->op().clone(), {}, {value.name}).output();
    return *(maps_[size_t(stage)][&value] = &copy);
  }

  Value& add_input(int stage, Value& value) {
    StageGraph& to = result_.list[size_t(stage)];
    Input op(value.type());
    bool binds = value.producer->op().late() == Late::contents;
    if (binds || as<Input>(value)) op.known = value.contents.value_or(Shape());
    to.inputs.push_back(as<Input>(value) ? Source{-1, index_of(value)} : source_of(value, value.name));
    Value& copy = to.graph.append(op.clone(), {}, {value.name}).output();
    copy.kept = value.kept;
    if (!copy.contents) copy.contents = value.contents;
    return *(maps_[size_t(stage)][&value] = &copy);
  }

  int index_of(const Value& input) const {
    int index = 0;
    for (const Node* in : graph_.inputs()) {
      if (&in->output() == &input) return index;
      ++index;
    }
    fail(ErrorId::internal, "'", input.name, "' is no input of the graph");
  }

  // The place of a value among its stage's outputs.
  Source source_of(Value& value, const std::string& name) {
    int stage = constant_of(value) || as<Input>(value) ? 0 : stage_of_.at(value.producer);
    StageGraph& from = result_.list[size_t(stage)];
    auto [it, fresh] = outputs_.try_emplace(&value, int(from.graph.outputs().size()));
    if (fresh) {
      from.graph.mark_output(value_in(stage, value), name);
      if (value.producer->op().late() == Late::contents) from.contents.push_back({it->second, *value.contents});
    }
    return {stage, it->second};
  }

  const Graph& graph_;
  Stages result_;
  int last_ = 0;
  std::unordered_map<const Node*, int> stage_of_;
  std::vector<std::unordered_map<const Value*, Value*>> maps_;  // by stage
  std::unordered_map<const Value*, int> outputs_;
  std::map<std::string, const Node*> tellers_;  // of late symbols
};

}  // namespace

Stages split_into_stages(Graph graph) {
  if (std::none_of(graph.nodes().begin(), graph.nodes().end(), [](const auto& n) { return is_late(*n); })) {
    Stages whole;
    std::vector<Source> inputs;
    for (size_t i = 0; i < graph.inputs().size(); ++i) inputs.push_back({-1, int(i)});
    for (size_t i = 0; i < graph.outputs().size(); ++i) whole.outputs.push_back({0, int(i)});
    whole.list.push_back({std::move(graph), std::move(inputs), {}});
    return whole;
  }
  return Splitter(graph).run();
}

}  // namespace tenon
