// The walk: inputs, initializers, nodes in any order, outputs.
#include "onnx/import.h"

#include <cstring>

#include "ops/constant/constant.h"
#include "ops/input/input.h"

namespace tenon::onnx {

namespace {

// Dimension names become symbols: letters that the text form of extents could mistake are replaced.
std::string symbol_name(const std::string& param) {
  std::string name;
  for (char c : param) name += std::isalnum(static_cast<unsigned char>(c)) || c == '_' ? c : '_';
  return name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) ? "d" + name : name;
}

const Import* find_import(const std::string& op_type) {
  static const std::map<std::string_view, const Import*> index = [] {
    std::map<std::string_view, const Import*> map;
    for (Imports family : {import_math, import_nn, import_tensor})
      for (const Import& i : family) map.emplace(i.op_type, &i);
    return map;
  }();
  auto it = index.find(op_type);
  return it == index.end() ? nullptr : it->second;
}

std::string label(const Node& node) {
  return concat(node.op_type, " '", node.name.empty() && !node.outputs.empty() ? node.outputs[0] : node.name, "'");
}

bool is_default_domain(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

}  // namespace

Weights weights_of(const Tensor& tensor, std::shared_ptr<const Model> model) {
  TensorData data = data_of(tensor, ExternalData(model->folder));
  auto weights = std::make_shared<tenon::Tensor>();
  weights->element = data.element;
  weights->extents = Extents(data.extents);
  bool aligned = reinterpret_cast<uintptr_t>(data.bytes.data()) % 8 == 0;
  if (data.owned.empty() && aligned && !data.bytes.empty()) {  // lies in the model's bytes, and stays there
    weights->owner = model;
    weights->data = data.bytes.data();
    return weights;
  }
  View view;
  Weights copy = make_weights(data.element, weights->extents, view);
  if (!data.bytes.empty()) std::memcpy(view.data, data.bytes.data(), data.bytes.size());
  return copy;
}

class Importer {
 public:
  explicit Importer(std::shared_ptr<const Model> model) : model_(std::move(model)) {}

  Network run() {
    check_opsets();
    refuse_unsupported();
    const Graph& graph = model_->graph;
    check(graph.sparse_initializers.empty(), ErrorId::unsupported, "sparse initializers are not supported");
    for (const Tensor& t : graph.initializers) initializers_[t.name] = &t;
    for (const ValueInfo& input : graph.inputs)
      if (!initializers_.contains(input.name)) add_input(input);
    for (const Node* node : ordered(graph)) import(*node);
    for (const ValueInfo& output : graph.outputs) network_.mark_output(value(output.name), output.name);
    return std::move(network_);
  }

  Value& value(const std::string& name) {
    auto it = values_.find(name);
    if (it != values_.end()) return *it->second;
    auto unmade = unmade_.find(name);
    check(unmade == unmade_.end(), ErrorId::unsupported, "'", name, "' is an output that is not supported of ",
          unmade == unmade_.end() ? "" : unmade->second);
    auto initializer = initializers_.find(name);
    check(initializer != initializers_.end(), ErrorId::onnx_invalid, "nothing makes '", name, "'");
    try {
      return define(name, network_.add(Constant(weights_of(*initializer->second, model_)), {}, name));
    } catch (Error& e) {
      e.add_context(concat("initializer '", name, "'"));
      throw;
    }
  }
  Value& define(const std::string& name, Value& v) { return *(values_[name] = &v); }
  void leave_out(const std::string& name, std::string maker) { unmade_[name] = std::move(maker); }
  Network& network() { return network_; }
  const std::shared_ptr<const Model>& model() const { return model_; }

 private:
  void check_opsets() {
    for (const OpsetId& id : model_->opsets)
      if (is_default_domain(id.domain)) opset_ = id.version;
    check(opset_ >= 7 && opset_ <= 27, ErrorId::unsupported, "the model uses opset ", opset_,
          " of ai.onnx; 7 to 27 are supported");
  }

  void refuse_unsupported() {  // all in one go: nobody likes to fix a model node by node
    std::string list;
    int count = 0;
    for (const Node& n : model_->graph.nodes) {
      const Import* import = is_default_domain(n.domain) ? find_import(n.op_type) : nullptr;
      if (import && import->since <= opset_ && opset_ <= import->until) continue;
      const char* reason = !is_default_domain(n.domain) ? "its domain is not supported"
                           : !import                    ? "the operator is not supported"
                                                        : "its meaning in this opset is not supported";
      if (++count <= 100) list += concat("\n  ", label(n), n.domain.empty() ? "" : " of ", n.domain, ": ", reason);
    }
    if (count) fail(ErrorId::unsupported_operator, count, " nodes cannot be imported:", list);
  }

  void add_input(const ValueInfo& info) {
    check(info.type.kind == TypeKind::tensor, ErrorId::unsupported_type, "input '", info.name, "' is no tensor");
    check(info.type.shape.has_value(), ErrorId::unsupported, "input '", info.name, "' has no known rank");
    TensorType type{element_of(info.type.element_type), {}};
    check(type.element != ElementType::string, ErrorId::unsupported_type, "input '", info.name, "' holds strings");
    for (size_t i = 0; i < info.type.shape->size(); ++i) {
      const Dim& d = (*info.type.shape)[i];
      if (d.value && *d.value >= 0) type.shape.push_back(*d.value);
      else if (!d.param.empty()) type.shape.push_back(tenon::Dim::symbol(symbol_name(d.param)));
      else type.shape.push_back(tenon::Dim::symbol(concat(symbol_name(info.name), "_", i)));
    }
    check(!values_.contains(info.name), ErrorId::onnx_invalid, "two inputs are called '", info.name, "'");
    define(info.name, network_.add(Input(type), {}, info.name));
  }

  // Producers before users; files should be so already, some are not.
  std::vector<const Node*> ordered(const Graph& graph) {
    std::map<std::string, size_t> maker;
    for (size_t i = 0; i < graph.nodes.size(); ++i)
      for (const std::string& out : graph.nodes[i].outputs)
        if (!out.empty())
          check(maker.emplace(out, i).second && !values_.contains(out), ErrorId::onnx_invalid, "'", out,
                "' is made twice");
    std::vector<const Node*> order;
    std::vector<int> state(graph.nodes.size(), 0);
    std::vector<size_t> stack;
    for (size_t root = 0; root < graph.nodes.size(); ++root) {
      stack.push_back(root);
      while (!stack.empty()) {
        size_t i = stack.back();
        if (state[i] != 0) {
          if (state[i] == 1) order.push_back(&graph.nodes[i]), state[i] = 2;
          stack.pop_back();
          continue;
        }
        state[i] = 1;
        for (const std::string& in : graph.nodes[i].inputs) {
          auto it = maker.find(in);
          if (it == maker.end() || state[it->second] == 2) continue;
          check(state[it->second] == 0, ErrorId::onnx_invalid, label(graph.nodes[i]), " is part of a cycle");
          stack.push_back(it->second);
        }
      }
    }
    return order;
  }

  void import(const Node& node) {
    try {
      NodeImport context(*this, node, opset_);
      find_import(node.op_type)->run(context);
      context.finish();
    } catch (Error& e) {
      e.add_context(label(node));
      throw;
    }
  }

  std::shared_ptr<const Model> model_;
  Network network_;
  int64_t opset_ = 0;
  std::map<std::string, const Tensor*> initializers_;
  std::map<std::string, Value*> values_;
  std::map<std::string, std::string> unmade_;  // further results that nobody may use, and their nodes
};

Network import_model(std::shared_ptr<const Model> model) { return Importer(std::move(model)).run(); }

NodeImport::NodeImport(Importer& importer, const Node& node, int64_t opset)
    : importer_(importer), node_(node), opset_(opset) {}

int NodeImport::input_count() const { return int(node_.inputs.size()); }
bool NodeImport::has(int i) const { return i < input_count() && !node_.inputs[size_t(i)].empty(); }

Value& NodeImport::in(int i) const {
  check(has(i), ErrorId::onnx_invalid, "operand ", i, " is missing");
  return importer_.value(node_.inputs[size_t(i)]);
}

std::vector<Value*> NodeImport::inputs() const {
  std::vector<Value*> list;
  for (int i = 0; i < input_count(); ++i) list.push_back(&in(i));
  return list;
}

const TensorType& NodeImport::tensor(Value& value) const {
  const auto* tensor = std::get_if<TensorType>(&importer_.network().type(value));
  check(tensor, ErrorId::unsupported_type, "'", value.name, "' is no tensor");
  return *tensor;
}

Weights NodeImport::constant(int i) const { return has(i) ? constant_of(in(i)) : nullptr; }

const Attribute* NodeImport::find(const char* name, AttributeKind kind) {
  for (const Attribute& a : node_.attributes)
    if (a.name == name) {
      check(a.kind == kind, ErrorId::onnx_invalid, "attribute ", name, " is ", name_of(a.kind), ", expected ",
            name_of(kind));
      read_.insert(name);
      return &a;
    }
  return nullptr;
}

bool NodeImport::has_attribute(const char* name) {
  for (const Attribute& a : node_.attributes)
    if (a.name == name) return true;
  return false;
}
int64_t NodeImport::integer(const char* name, int64_t standard) {
  const Attribute* a = find(name, AttributeKind::integer);
  return a ? a->i : standard;
}
int64_t NodeImport::required_integer(const char* name) {
  const Attribute* a = find(name, AttributeKind::integer);
  check(a, ErrorId::onnx_invalid, "attribute ", name, " is missing");
  return a->i;
}
double NodeImport::floating(const char* name, double standard) {
  const Attribute* a = find(name, AttributeKind::floating);
  return a ? double(a->f) : standard;
}
std::string NodeImport::text(const char* name, const char* standard) {
  const Attribute* a = find(name, AttributeKind::text);
  return a ? a->s : standard;
}
std::vector<int64_t> NodeImport::integers(const char* name) {
  const Attribute* a = find(name, AttributeKind::integers);
  return a ? a->ints : std::vector<int64_t>();
}
Weights NodeImport::tensor_attribute(const char* name) {
  const Attribute* a = find(name, AttributeKind::tensor);
  return a ? weights_of(a->tensors.at(0), importer_.model()) : nullptr;
}

Value& NodeImport::add(const Op& op, std::vector<Value*> inputs) {
  const std::string& stem = node_.outputs.empty() ? node_.name : node_.outputs[0];
  tenon::Node& node =
      importer_.network().add(op.clone(), std::move(inputs), added_++ ? concat(stem, "/", added_) : stem);
  importer_.network().set_origin(node, node_.name.empty() ? stem : node_.name);
  importer_.network().type(node.output());  // what is wrong with it is said here, with the node's ONNX name
  return node.output();
}

Value& NodeImport::constant(Weights weights) { return add(Constant(std::move(weights)), {}); }

void NodeImport::out(Value& value) {
  check(!node_.outputs.empty(), ErrorId::onnx_invalid, "has no output");
  importer_.define(node_.outputs[0], value);
}

void NodeImport::finish() {
  for (const Attribute& a : node_.attributes)
    check(read_.contains(a.name), ErrorId::unsupported, "attribute ", a.name, " is not supported");
  for (size_t i = 1; i < node_.outputs.size(); ++i)
    if (!node_.outputs[i].empty()) importer_.leave_out(node_.outputs[i], label(node_));
}

}  // namespace tenon::onnx
