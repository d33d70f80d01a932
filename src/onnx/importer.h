// What the import of a graph knows: values by their ONNX names, and what constants say. Graphs within nodes have an
// importer each, which asks the one outside for names that it does not know.
#pragma once
#include <span>
#include <unordered_map>

#include "onnx/functions.h"
#include "onnx/import.h"

namespace tenon::onnx {

// A graph within a node, and the values outside that it reads: its last inputs.
struct ImportedBody {
  Body graph;
  std::vector<Value*> captured;
};

class Importer {
 public:
  Importer(const Model& model, const Stop& stop, std::vector<std::string>* notes, const GivenValues& given,
           ComputedExtents computed)
      : model_(model), graph_(model.graph), stop_(stop), notes_(notes), given_(given), computed_(computed) {}
  // Of a graph within a node. Apart: it becomes a graph of its own; else its nodes stand among those outside.
  Importer(Importer& outer, const Graph& body, const Opsets& opsets, bool apart);

  Network run();
  // Of a body: its nodes, when its inputs are there. What its outputs are; or the whole, as a graph.
  std::vector<Value*> run_inside();
  ImportedBody run_apart();

  Value& value(const std::string& name);
  Value& define(const std::string& name, Value& v) { return *(values_[name] = &v); }
  Value& capture(Value& outside, const std::string& name);  // as an input of a body that stands apart
  // What the input of a body that stands apart is: extents that nothing tells it have symbols of its own.
  TensorType as_told(TensorType type);
  void leave_out(const std::string& name, std::string maker) { unmade_[name] = std::move(maker); }
  Weights known(Value& value);  // its numbers where they are few and follow from constants; null otherwise
  // A branch's results differ in rank: what follows it is imported anew with each branch.
  void note_unlike_ranks() { unlike_ranks_ = true; }
  bool extents_may_be_late() const { return extents_may_be_late_; }
  Network& network() { return *network_; }
  const Model& model() const { return model_; }
  const Graph& graph() const { return graph_; }

 private:
  static void refuse_unsupported(const Inlined& inlined);
  void import_nodes(const Inlined& inlined);
  void import_body_nodes();
  void import_in_order(std::span<const InlinedNode* const> order);
  void import_with_rest(const InlinedNode& node, std::span<const InlinedNode* const> rest);
  ImportedBody branch_with_rest(const InlinedNode& node, const Graph& branch, std::span<const InlinedNode* const> rest);
  ImportedBody finish_apart(const std::vector<ValueInfo>& outputs);
  void add_input(const ValueInfo& info);
  std::map<std::string, size_t> makers(const std::vector<InlinedNode>& nodes, std::vector<bool>& replaced) const;
  std::vector<const InlinedNode*> ordered(const Inlined& inlined) const;
  void import(const InlinedNode& node);
  void import_once(const InlinedNode& node);
  void import_bound(const InlinedNode& node);
  std::map<std::string, Value*> values_of(const InlinedNode& node);
  bool could_import(const InlinedNode& node);  // false: it says of values that they are not known
  void bind_operands(const InlinedNode& node, size_t first);
  Value& bound(Value& value, bool below_zero);
  Weights leaf(Value& value);
  Value* carrier_of(const std::string& symbol);
  bool is_told(const tenon::Dim& d);
  bool capture_carriers(const tenon::Graph& graph);

  const Model& model_;
  const Graph& graph_;
  const Stop& stop_;
  Importer* outer_ = nullptr;
  bool apart_ = false, unlike_ranks_ = false, extents_may_be_late_ = false;
  int depth_ = 0;  // of graphs within nodes
  const Opsets* opsets_ = nullptr;
  int64_t own_imported_ = 0, *imported_ = &own_imported_;  // nodes, with those of all bodies
  std::vector<std::string>* notes_;
  const GivenValues& given_;
  ComputedExtents computed_;
  int late_binds_ = 0;
  Network own_network_, *network_ = &own_network_;
  std::map<std::string, const Tensor*> initializers_;
  std::map<std::string, Value*> values_;
  std::map<const Value*, Value*> inputs_of_;       // by the value outside
  std::map<std::string, tenon::Dim> own_symbols_;  // of a body, by the extent outside
  std::vector<Value*> captured_;
  std::unordered_map<const Value*, Value*> bound_[2];  // values with symbols for their elements, which may be below 0
  std::map<std::string, std::string> unmade_;          // further results that nobody may use, and their nodes
  std::unordered_map<const Value*, Weights> known_;
};

}  // namespace tenon::onnx
