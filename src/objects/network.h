// The network that a program builds layer by layer, or that a parser fills. Layers and tensors belong to it.
#pragma once
#include <set>
#include <vector>

#include "objects/object.h"

namespace tenon {
class Network;
class Node;
struct Op;
struct Pool;
struct Value;
}  // namespace tenon

namespace tenon::objects {

struct Builder;
struct Network;
struct Layer;

struct TENON_OBJECT Tensor : Object {
  Network* network;
  tenon::Value* value;  // in network->ir
  Layer* producer;      // null: a network input
  bool output = false;

  Tensor(Network& n, tenon::Value& v, Layer* made_by);
  Dims dimensions();  // infers what is not known yet; rank -1 if that is impossible
  void set_dimensions(const Dims& dims);
  void set_type(DataType wanted);
  DataType element_type();
  bool is_network_input() const { return !producer; }
  bool is_network_output() const { return output; }
};

// A node of the network as programs see it. One whose fields a program can set makes its operator anew when asked.
struct TENON_OBJECT Layer : Object {
  Network* network;
  tenon::Node* node = nullptr;
  LayerType type;
  std::string metadata;
  std::vector<Tensor*> inputs;
  std::vector<std::unique_ptr<Tensor>> outputs;

  Layer(Network& n, LayerType t) : network(&n), type(t) {}
  int32_t get_nb_inputs() const { return int32_t(inputs.size()); }
  int32_t get_nb_outputs() const { return int32_t(outputs.size()); }
  Tensor* input(int32_t i) const;
  Tensor* output(int32_t i) const;
  void set_input(int32_t i, Tensor& tensor);
  void changed() override;
  virtual std::unique_ptr<Op> op() const;  // null: the node's operator stays as it is
};

struct TENON_OBJECT PoolingLayer final : Layer {
  PoolingType pooling;
  PaddingMode padding_mode{};
  Dims window, stride, pre_padding, post_padding;
  float blend_factor = 0;  // weight of the average where both are blended
  bool average_count_excludes_padding = true;
  std::vector<int64_t> dilations;  // a parser may set them; the API has no name for them

  PoolingLayer(Network& n, PoolingType p, const Dims& w);
  PoolingLayer(Network& n, const Pool& pool);  // what a parser made
  void set_padding(const Dims& p) { pre_padding = post_padding = p; }
  std::unique_ptr<Op> op() const override;
};

struct TENON_OBJECT Network : Object {
  std::unique_ptr<tenon::Network> ir;
  bool implicit_batch;
  std::shared_ptr<Builder> made_by;
  std::vector<std::unique_ptr<Tensor>> inputs;
  std::vector<std::unique_ptr<Layer>> layers;
  std::vector<Tensor*> outputs;

  explicit Network(bool with_implicit_batch);
  ~Network() override;
  Tensor* add_input(const char* name, DataType type, const Dims& dims);
  void mark_output(Tensor& tensor);
  void unmark_output(Tensor& tensor);
  PoolingLayer* add_pooling(Tensor& input, PoolingType type, const Dims& window);

  int32_t get_nb_layers() const { return int32_t(layers.size()); }
  int32_t get_nb_inputs() const { return int32_t(inputs.size()); }
  int32_t get_nb_outputs() const { return int32_t(outputs.size()); }
  Builder* builder() const { return made_by.get(); }
  Layer* layer(int32_t i) const;
  Tensor* input(int32_t i) const;
  Tensor* output(int32_t i) const;

  void absorb(tenon::Network&& parsed);  // what a parser made: every node becomes a layer
  void update();                         // operators and names as the layers say now: before anybody looks at ir
  void touch(Layer& layer) { touched_.insert(&layer); }

 private:
  template <class L>
  L* add(std::unique_ptr<L> layer, const char* kind, std::vector<Tensor*> operands);
  std::set<Layer*> touched_;  // whose fields changed since the last update
};

}  // namespace tenon::objects
