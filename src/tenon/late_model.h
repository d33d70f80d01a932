// A model whose types follow from the values of some inputs (its late inputs): it is built for each set of values when
// that first comes, without tuning, and kept.
#pragma once
#include <tenon.h>

#include <list>
#include <mutex>

#include "onnx/import.h"
#include "tenon/build.h"

namespace tenon::api {

class LateModel {
 public:
  static bool states_outputs(const onnx::Model& model);
  LateModel(onnx::Model model, std::vector<std::string> late, BuildOptions how);

  const std::vector<Port>& inputs() const { return inputs_; }
  const std::vector<Port>& outputs() const { return outputs_; }
  bool is_late(size_t input) const { return late_[input] >= 0; }
  std::string names() const;  // of the late inputs, for messages

  // The late inputs' shapes and values as text that is equal only for equal ones; refuses what cannot be read.
  std::string key(const std::vector<TensorRef>& inputs) const;
  std::shared_ptr<const Built> build(const std::string& key, const std::vector<TensorRef>& inputs);
  void save(const std::string& path) const;  // an engine that holds the model itself

 private:
  Weights values_of(size_t input, const TensorRef& given) const;

  onnx::Model model_;
  BuildOptions how_;
  std::vector<Port> inputs_, outputs_;
  std::vector<int> late_;  // by input: its element type, or -1
  std::mutex mutex_;
  std::list<std::pair<std::string, std::shared_ptr<const Built>>> built_;  // the latest first
};

}  // namespace tenon::api
