// What the import of a whole model knows: values by their ONNX names, and what constants say.
#pragma once
#include <unordered_map>

#include "onnx/functions.h"
#include "onnx/import.h"

namespace tenon::onnx {

class Importer {
 public:
  Importer(const Model& model, const Stop& stop, std::vector<std::string>* notes, const GivenValues& given)
      : model_(model), stop_(stop), notes_(notes), given_(given) {}

  Network run();
  Value& value(const std::string& name);
  Value& define(const std::string& name, Value& v) { return *(values_[name] = &v); }
  void leave_out(const std::string& name, std::string maker) { unmade_[name] = std::move(maker); }
  Weights known(Value& value);  // its numbers where they are few and follow from constants; null otherwise
  Network& network() { return network_; }
  const Model& model() const { return model_; }

 private:
  static void refuse_unsupported(const Inlined& inlined);
  void add_input(const ValueInfo& info);
  std::map<std::string, size_t> makers(const std::vector<InlinedNode>& nodes, std::vector<bool>& replaced) const;
  std::vector<const InlinedNode*> ordered(const Inlined& inlined) const;
  void import(const InlinedNode& node);
  Weights leaf(Value& value);

  const Model& model_;
  const Stop& stop_;
  int64_t imported_ = 0;  // nodes
  std::vector<std::string>* notes_;
  const GivenValues& given_;
  Network network_;
  std::map<std::string, const Tensor*> initializers_;
  std::map<std::string, Value*> values_;
  std::map<std::string, std::string> unmade_;  // further results that nobody may use, and their nodes
  std::unordered_map<const Value*, Weights> known_;
};

}  // namespace tenon::onnx
