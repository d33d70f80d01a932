// The walk: inputs, initializers, nodes in any order, outputs.
#include <cstring>
#include <span>
#include <utility>

#include "onnx/importer.h"
#include "ops/constant/constant.h"
#include "ops/input/input.h"

namespace tenon::onnx {

namespace {

using Index = std::map<std::pair<std::string_view, std::string_view>, const Import*>;

const Index& all_imports() {
  static const Index index = [] {
    Index map;
    for (Imports family : {import_attention, import_control, import_index, import_loss, import_make, import_math,
                           import_ml, import_nn, import_norm, import_quant, import_random, import_recurrence,
                           import_signal, import_tensor, import_training, import_vision})
      for (const Import& i : family) map.emplace(std::pair(i.domain, i.op_type), &i);
    return map;
  }();
  return index;
}

const Import* find_import(const std::string& op_type, const std::string& domain = "") {
  auto it = all_imports().find({plain_domain(domain), op_type});
  return it == all_imports().end() ? nullptr : it->second;
}

int64_t opset_of(const InlinedNode& n) {  // of the node's domain, where it stands
  auto it = n.opsets->find(plain_domain(n.node->domain));
  return it == n.opsets->end() ? 0 : it->second;
}

// Why a node cannot be imported, or nothing.
std::string refusal(const InlinedNode& n) {
  const Import* import = find_import(n.node->op_type, n.node->domain);
  int64_t opset = opset_of(n);
  if (!plain_domain(n.node->domain).empty()) {
    if (!import) return concat("the operator of domain ", n.node->domain, " is not supported");
  } else if (opset > 27 || opset < std::min(7, import ? import->since : 7)) {
    return concat("opset ", opset, " of ai.onnx is not supported, 7 to 27 are");
  }
  if (!import) return "the operator is not supported";
  if (opset < import->since || opset > import->until)
    return concat("its meaning in opset ", opset, " is not supported");
  return "";
}

}  // namespace

std::vector<std::string> imported_operators() {
  std::vector<std::string> names;
  for (const auto& [name, import] : all_imports())
    names.push_back(name.first.empty() ? std::string(name.second) : concat(name.first, "::", name.second));
  return names;
}

// Copied, for the file's bytes are aligned for nothing; the file itself goes when the import is over.
Weights weights_of(const Tensor& tensor, const Model& model) {
  TensorData data = data_of(tensor, ExternalData(model.folder));
  View view;
  Weights copy = make_weights(data.element, Extents(data.extents), view);
  if (!data.bytes.empty()) std::memcpy(view.data, data.bytes.data(), data.bytes.size());
  return copy;
}

Network import_model(const Model& model, const Stop& stop, std::vector<std::string>* notes, const GivenValues& given,
                     ComputedExtents computed) {
  return Importer(model, stop, notes, given, computed).run();
}

Network Importer::run() {
  Inlined inlined = inline_functions(model_);
  refuse_unsupported(inlined);
  for (const Tensor& t : graph_.initializers) initializers_[t.name] = &t;
  for (const ValueInfo& input : graph_.inputs)
    if (!initializers_.contains(input.name)) add_input(input);
  import_nodes(inlined);
  for (const ValueInfo& output : graph_.outputs) network_->mark_output(value(output.name), output.name);
  return std::move(*network_);
}

void Importer::import_nodes(const Inlined& inlined) {
  check(graph_.sparse_initializers.empty(), ErrorId::unsupported, "sparse initializers are not supported");
  std::vector<const InlinedNode*> order = ordered(inlined);
  import_in_order(order);
}

void Importer::import_in_order(std::span<const InlinedNode* const> order) {
  for (size_t i = 0; i < order.size(); ++i) {
    try {
      import(*order[i]);
    } catch (const Error&) {
      if (!std::exchange(unlike_ranks_, false)) throw;
      return import_with_rest(*order[i], order.subspan(i + 1));
    }
  }
}

Value& Importer::value(const std::string& name) {
  auto it = values_.find(name);
  if (it != values_.end()) return *it->second;
  auto unmade = unmade_.find(name);
  check(unmade == unmade_.end(), ErrorId::unsupported, "'", name, "' is an output that is not supported of ",
        unmade == unmade_.end() ? "" : unmade->second);
  auto initializer = initializers_.find(name);
  if (initializer == initializers_.end() && outer_) {
    Value& outside = outer_->value(name);
    return apart_ ? define(name, capture(outside, name)) : outside;
  }
  check(initializer != initializers_.end(), ErrorId::onnx_invalid, "nothing makes '", name, "'");
  try {
    return define(name, network_->add(Constant(weights_of(*initializer->second, model_)), {}, name));
  } catch (Error& e) {
    e.add_context(concat("initializer '", name, "'"));
    throw;
  }
}

void Importer::refuse_unsupported(const Inlined& inlined) {  // all in one go: nobody likes to fix a model node by node
  std::string list;
  int count = 0;
  for (const InlinedNode& n : inlined.nodes) {
    std::string reason = refusal(n);
    if (reason.empty()) continue;
    if (++count <= 100) list += concat("\n  ", label(*n.node), ": ", reason);
  }
  if (count) fail(ErrorId::unsupported_operator, count, " nodes cannot be imported:", list);
}

void Importer::add_input(const ValueInfo& info) {
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
  if (auto it = given_.find(info.name); it != given_.end()) {
    define(info.name, network_->add(Constant(it->second), {}, info.name));
    return;
  }
  define(info.name, network_->add(Input(type), {}, info.name));
}

// Which node makes a name. Some exporters leave constants of one name behind: the last counts, as in ONNX Runtime.
std::map<std::string, size_t> Importer::makers(const std::vector<InlinedNode>& nodes,
                                               std::vector<bool>& replaced) const {
  std::map<std::string, size_t> maker;
  std::string example;
  size_t count = 0;
  auto is_constant = [&](size_t i) {
    return nodes[i].node->op_type == "Constant" && nodes[i].node->outputs.size() == 1;
  };
  for (size_t i = 0; i < nodes.size(); ++i)
    for (const std::string& out : nodes[i].node->outputs) {
      if (out.empty()) continue;
      auto [it, fresh] = maker.emplace(out, i);
      check(!values_.contains(out) && (fresh || (is_constant(i) && is_constant(it->second))), ErrorId::onnx_invalid,
            "'", out, "' is made twice");
      if (fresh) continue;
      replaced[std::exchange(it->second, i)] = true;
      if (count++ == 0) example = out;
    }
  if (count && notes_)
    notes_->push_back(concat("the file defines ", count, " constants twice, such as '", example, "'; the last counts"));
  return maker;
}

// Producers before users; files should be so already, some are not.
std::vector<const InlinedNode*> Importer::ordered(const Inlined& inlined) const {
  const std::vector<InlinedNode>& nodes = inlined.nodes;
  std::vector<bool> replaced(nodes.size());
  std::map<std::string, size_t> maker = makers(nodes, replaced);
  std::vector<const InlinedNode*> order;
  std::vector<int> state(nodes.size(), 0);
  std::vector<size_t> stack;
  for (size_t root = 0; root < nodes.size(); ++root) {
    if (!replaced[root]) stack.push_back(root);
    while (!stack.empty()) {
      size_t i = stack.back();
      if (state[i] != 0) {
        if (state[i] == 1) order.push_back(&nodes[i]), state[i] = 2;
        stack.pop_back();
        continue;
      }
      state[i] = 1;
      for (const std::string& in : nodes[i].node->inputs) {
        auto it = maker.find(in);
        if (it == maker.end() || state[it->second] == 2) continue;
        check(state[it->second] == 0, ErrorId::onnx_invalid, label(*nodes[i].node), " is part of a cycle");
        stack.push_back(it->second);
      }
    }
  }
  return order;
}

void Importer::import_once(const InlinedNode& n) {
  NodeImport context(*this, n, opset_of(n), (*imported_)++);
  find_import(n.node->op_type, n.node->domain)->run(context);
  context.finish();
}

void Importer::import(const InlinedNode& n) {
  stop_.check();
  try {
    import_bound(n);
  } catch (Error& e) {
    e.add_context(label(*n.node));
    throw;
  }
}

constexpr int64_t largest_known_count = 4096;

// A value that follows from constants, or whose contents inference knows; null otherwise, or if it is large.
Weights Importer::leaf(Value& value) {
  if (Weights weights = constant_of(value)) return weights;
  View nothing;
  if (const auto* type = std::get_if<TensorType>(&network_->type(value)))
    if (count(type->shape).is(0) && all_known(type->shape) && type->element != ElementType::string)
      return make_weights(type->element, at(type->shape, {}), nothing);
  const Contents* contents = network_->contents(value);
  if (!contents) return nullptr;
  const TensorType& type = value.type();
  View view;
  for (const tenon::Dim& d : *contents)
    if (!d.known()) return nullptr;
  if (!all_known(type.shape) || at(type.shape, {}).count() != int64_t(contents->size())) return nullptr;
  Weights weights = make_weights(type.element, at(type.shape, {}), view);
  for (size_t i = 0; i < contents->size(); ++i) {
    Scalar s{};
    s.i = (*contents)[i].value();
    store_scalar(view.as<std::byte>() + int64_t(i) * size_bytes(type.element), type.element, s);
  }
  return weights;
}

static Weights evaluated(const tenon::Node& node, const std::vector<ConstView>& in) {
  const auto* type = std::get_if<TensorType>(&*node.output().inferred);
  if (!type || node.op().late() != Late::nothing || !all_known(type->shape) ||
      at(type->shape, {}).count() > largest_known_count)
    return nullptr;
  View view;
  Weights weights = make_weights(type->element, at(type->shape, {}), view);
  try {
    node.op().evaluate(in, {&view, 1});
  } catch (const Error&) {
    return nullptr;  // it fails again at run time, should it run
  }
  return weights;
}

Weights Importer::known(Value& value) {
  std::vector<Value*> stack{&value};
  while (!stack.empty()) {
    Value* v = stack.back();
    if (known_.contains(v)) {
      stack.pop_back();
      continue;
    }
    Weights weights = leaf(*v);
    const tenon::Node& node = *v->producer;
    bool ready = true, hopeless = node.inputs().empty() || node.outputs().size() != 1;
    std::vector<ConstView> in;
    for (Value* operand : node.inputs()) {
      if (weights || hopeless) break;
      auto it = known_.find(operand);
      if (it == known_.end()) stack.push_back(operand), ready = false;
      else if (!it->second || it->second->extents.count() > largest_known_count) hopeless = true;
      else in.push_back(it->second->view());
    }
    if (!ready && !hopeless) continue;
    known_[v] = weights || hopeless ? weights : evaluated(node, in);
  }
  return known_[&value];
}

bool knows(const std::string& op_type) { return find_import(op_type); }

}  // namespace tenon::onnx
