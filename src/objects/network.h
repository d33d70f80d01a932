// The network that a program builds layer by layer, or that a parser fills. Layers and tensors belong to it.
#pragma once
#include <unordered_map>

#include "objects/layer.h"

namespace tenon {
class Network;
struct TensorType;
}  // namespace tenon

namespace tenon::objects {

struct Attention;
struct Builder;
struct Conditional;
struct Loop;

// Thrown by a layer's build that has found out more of a layer before it, which is to be made anew first.
struct Again {};

// Layers are the truth; the nodes behind them are made when somebody asks, and anew when a layer or what it depends on
// has changed since.
struct TENON_OBJECT Network : Object {
  std::unique_ptr<tenon::Network> ir;
  bool implicit_batch;
  bool strongly_typed = false;  // types are as the layers say, and nothing is stored narrower
  std::shared_ptr<Builder> made_by;
  std::vector<std::unique_ptr<Tensor>> inputs;
  std::vector<std::unique_ptr<Layer>> layers;
  std::vector<Tensor*> outputs;
  std::vector<std::unique_ptr<Attention>> attentions;
  std::vector<std::unique_ptr<Loop>> loops;
  std::vector<std::unique_ptr<Conditional>> conditionals;

  explicit Network(bool with_implicit_batch);
  ~Network() override;
  Tensor* add_input(const char* name, DataType type, const Dims& dims);
  void mark_output(Tensor& tensor);
  void unmark_output(Tensor& tensor);
  // A layer of class L on these operands.
  template <class L, class... Fields>
  L* add(std::vector<Tensor*> operands, const Fields&... fields) {
    auto layer = std::make_unique<L>(*this, fields...);
    L* made = layer.get();
    adopt(std::move(layer), std::move(operands));
    return made;
  }

  Attention* add_attention(Tensor& query, Tensor& key, Tensor& value, AttentionNormalizationOp op, bool causal);

  Loop* add_loop();
  Conditional* add_if_conditional();
  void hide(Layer& layer);  // one that no program sees: it belongs to a loop or a conditional

  int32_t get_nb_layers() const { return int32_t(layers.size()); }
  int32_t get_nb_inputs() const { return int32_t(inputs.size()); }
  int32_t get_nb_outputs() const { return int32_t(outputs.size()); }
  Builder* builder() const { return made_by.get(); }
  Layer* layer(int32_t i) const;
  Tensor* input(int32_t i) const;
  Tensor* output(int32_t i) const;

  void absorb(tenon::Network&& parsed);  // what a parser made: every node becomes a layer
  void make(Tensor& tensor);             // its value is there and typed afterwards
  void update();                         // what the outputs need, with names as they are now: before a build
  void set_input_type(Tensor& input, TensorType type);
  Shape shape_of_input(const Dims& dims, const std::string& name) const;  // with the batch, where it is implicit

 private:
  void adopt(std::unique_ptr<Layer> layer, std::vector<Tensor*> operands);
  void make_above(Layer& layer);
  void walk_above(Layer& layer);
  void make_one(Layer& layer);
  Values values_of(Layer& layer);
  void type_if_known(tenon::Value& value);
  void drop_unused();
  void check_borders() const;
  void check_batch(const Layer& layer) const;
  void drop_guards();
  tenon::Value& guarded(tenon::Value& output);
  uint64_t clock_ = 1, inputs_changed_ = 1, visit_ = 0;
  std::vector<tenon::Node*> guards_;  // of assertions, before the first output
  int32_t next_id_ = 0;
  std::unordered_map<const tenon::Value*, tenon::Value*> bound_;  // computed, with symbols for their elements
  std::vector<tenon::Node*> retired_;  // of layers made anew; others may use them until they are made anew, too
};

}  // namespace tenon::objects
