// Layers and tensors: what programs see of a network. A layer's fields say which nodes of the core it is made of.
#pragma once
#include <optional>
#include <vector>

#include "objects/object.h"

namespace tenon {
class Dim;
class Node;
using Shape = std::vector<Dim>;
enum class ElementType : uint8_t;
struct Op;
struct Value;
}  // namespace tenon

namespace tenon::objects {

struct Network;
struct Layer;
class Draft;

TENON_OBJECT void check_ranks(int32_t n);     // one: an engine runs alone
TENON_OBJECT void check_indices(DataType t);  // integers of 32 or 64 bits

using Values = std::vector<tenon::Value*>;

// Numbers in the program's memory, which has to stay until the network is built.
struct GivenWeights {
  DataType type{};
  const void* values = nullptr;
  int64_t count = 0;
};

struct TENON_OBJECT Tensor : Object {
  Network* network;
  tenon::Value* value;  // in network->ir; that of a layer is there when Network::make has made the layer
  Layer* producer;      // null: a network input
  bool output = false;

  Tensor(Network& n, tenon::Value* v, Layer* made_by);
  Dims dimensions();  // infers what is not known yet; rank -1 if that is impossible
  void set_dimensions(const Dims& dims);
  void set_type(DataType wanted);
  DataType element_type();
  bool is_network_input() const { return !producer; }
  bool is_network_output() const { return output; }
  // One value for all of a batch; of an input of a network with implicit batch, it can be asked for.
  void set_broadcast_across_batch(bool on);
  bool get_broadcast_across_batch();
};

struct TENON_OBJECT Layer : Object {
  Network* network;
  LayerType type;
  std::string metadata;
  std::vector<Tensor*> inputs;  // null: one that may be given, and is not
  std::vector<std::unique_ptr<Tensor>> outputs;

  Layer(Network& n, LayerType t, int32_t most = 0) : network(&n), type(t), most_inputs(most) {}
  int32_t get_nb_inputs() const { return int32_t(inputs.size()); }
  int32_t get_nb_outputs() const { return int32_t(outputs.size()); }
  Tensor* input(int32_t i) const;
  Tensor* output(int32_t i) const;
  void set_input(int32_t i, Tensor& tensor);

  void set_nb_ranks(int32_t n) { check_ranks(n); }
  DataType get_precision() const { return precision.value_or(DataType::float_); }
  bool precision_is_set() const { return precision.has_value(); }
  void set_precision(DataType p) { precision = p; }
  void reset_precision() { precision.reset(); }
  DataType get_output_type(int32_t i) const;  // as set, else the tensor's own
  bool output_type_is_set(int32_t i) const;
  void set_output_type(int32_t i, DataType t);
  void reset_output_type(int32_t i);

  void changed() override;      // the nodes no longer are what the fields say
  void asked() const override;  // refuses where the fields say nothing about the node
  virtual void rewired() {}     // an input was set
  virtual int outputs_made() const { return 1; }
  virtual std::vector<Tensor*> needs() const { return inputs; }  // what has to be there to make it; null: nothing
  // The nodes that the fields ask for. Inputs are there and typed.
  virtual Values build(Draft& draft) const;
  // Takes the fields from the node that a parser made; false: they cannot say what it does.
  virtual bool read(const tenon::Node& node);

  // What Network makes of it.
  int32_t id = 0;                 // among all of its layers
  tenon::Node* parsed = nullptr;  // what a parser made, as long as no field changes
  bool opaque = false;            // its fields cannot say what the parsed node does
  int32_t most_inputs;
  std::optional<DataType> precision;
  std::vector<std::optional<DataType>> output_types;  // as many as outputs
  std::vector<tenon::Node*> nodes;                    // made for it
  uint64_t made = 0, seen = 0;                        // by the network's clock; 0: not made as the fields are now
  bool open = false;
};

}  // namespace tenon::objects
