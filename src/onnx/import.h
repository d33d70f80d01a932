// ONNX model -> Network. One function per operator, in the table of its family's file (import_<family>.cpp).
#pragma once
#include <map>
#include <set>

#include "base/stop.h"
#include "ir/network.h"
#include "onnx/external_data.h"
#include "onnx/model.h"

namespace tenon::onnx {

using GivenValues = std::map<std::string, Weights>;  // of inputs, which are constants then
// What becomes of computed values that decide extents: nothing, or symbols that a run binds (ops/bind).
enum class ComputedExtents { refused, bound };
// `notes`, where given, gets what a user should know of a file that is not quite as it should be. Where a type depends
// on values that nothing states, the error is `not_known`.
Network import_model(const Model& model, const Stop& stop = {}, std::vector<std::string>* notes = nullptr,
                     const GivenValues& given = {}, ComputedExtents computed = ComputedExtents::refused);
// Names: "Conv", and of another domain "com.microsoft::QLinearAdd".
std::vector<std::string> imported_operators();
bool knows(const std::string& op_type);  // of ai.onnx: at least some of its uses can be imported

class Importer;
struct InlinedNode;

// One node on its way in: operands, attributes, results. Whatever operand or attribute nobody asks for is refused at
// the end.
class NodeImport {
 public:
  NodeImport(Importer& importer, const InlinedNode& node, int64_t opset, int64_t position);

  int64_t opset() const { return opset_; }        // of the operator's domain
  int64_t position() const { return position_; }  // among the model's nodes in the order of the walk: no two are equal
  int input_count() const;
  int output_count() const;
  std::string late_symbol();  // of an extent that a run finds out; every call gives another
  bool has(int i) const;      // operand i is given
  Value& in(int i) const;
  std::vector<Value*> inputs() const;  // all, which must be given
  const TensorType& tensor(Value& value) const;
  Weights constant(int i) const;  // operand i as numbers, where it follows from constants; null otherwise
  std::vector<int64_t> constant_list(int i, const char* what) const;  // refuses what is not constant

  int64_t integer(const char* name, int64_t standard);
  double floating(const char* name, double standard);
  std::string text(const char* name, const char* standard);
  std::vector<int64_t> integers(const char* name);
  std::vector<double> floats(const char* name);
  std::vector<std::string> texts(const char* name);
  bool has_attribute(const char* name);
  Weights tensor_attribute(const char* name);  // null: not given
  int64_t required_integer(const char* name);

  const Graph& graph(const char* name);  // an attribute that must be there
  Importer& importer() { return importer_; }
  const InlinedNode& inlined() const { return inlined_; }

  tenon::Node& add_node(const Op& op, std::vector<Value*> inputs, int outputs);
  Value& add(const Op& op, std::vector<Value*> inputs);  // a node whose value goes on, or out
  Value& as_value(Weights weights);
  Value& number(double value, ElementType element);  // of rank 0
  Value& list(const std::vector<int64_t>& numbers);
  Value& integer_value(int64_t value, ElementType element);  // of rank 0, beyond 2^53 too
  Value& unary(const char* name, Value& x);
  Value& binary(const char* name, Value& a, Value& b);
  Value& cast(Value& x, ElementType to);
  Value& reshape(Value& x, Shape shape);

  bool wants(int i) const;  // somebody may use output i
  void out(int i, Value& value);
  void out(Value& value) { out(0, value); }
  void finish();  // refuses what was not read or not produced

 private:
  const Attribute* find(const char* name, AttributeKind kind);
  Weights known_contents(Value& value) const;
  Importer& importer_;
  const InlinedNode& inlined_;
  const Node& node_;
  int64_t opset_, position_;
  std::set<std::string> read_;
  mutable std::set<int> asked_;  // operands
  std::set<int> defined_;
  std::vector<tenon::Node*> added_;
  int late_symbols_ = 0;
};

struct Import {
  const char* op_type;
  void (*run)(NodeImport& node);
  int since = 7, until = 1000;  // opsets of its domain whose meaning the function knows
  const char* domain = "";      // ai.onnx
};
using Imports = std::span<const Import>;
extern const Imports import_attention, import_control, import_index, import_loss, import_make, import_math, import_ml,
    import_nn, import_norm, import_quant, import_random, import_recurrence, import_signal, import_tensor,
    import_training, import_vision;

Weights weights_of(const Tensor& tensor, const Model& model);

}  // namespace tenon::onnx
