// A stack of bodies being copied; names are made unique on the way, attributes that refer to the call's are filled in.
#include "onnx/functions.h"

#include <algorithm>
#include <set>

namespace tenon::onnx {

std::string plain_domain(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

std::string label(const Node& node) {
  return concat(node.op_type, " '", node.name.empty() && !node.outputs.empty() ? node.outputs[0] : node.name, "'");
}

namespace {

std::string key_of(const std::string& domain, const std::string& name, const std::string& overload) {
  return concat(plain_domain(domain), "\n", name, "\n", overload);
}

Opsets opsets_of(const std::vector<OpsetId>& list) {
  Opsets opsets;
  for (const OpsetId& id : list) opsets[plain_domain(id.domain)] = id.version;
  return opsets;
}

int64_t bytes_of(const Attribute& a) {
  int64_t bytes = int64_t(sizeof(Attribute) + a.name.size() + a.s.size() + a.ints.size() * 8 + a.floats.size() * 4);
  for (const std::string& s : a.strings) bytes += int64_t(sizeof s + s.size());
  for (const Tensor& t : a.tensors) bytes += int64_t(sizeof t + t.name.size() + t.dims.size() * 8);
  return bytes;
}

class Inliner {
 public:
  Inliner(const Model& model, const Graph& graph, Opsets opsets, const InlineLimits& limits)
      : model_(model), limits_(limits), nodes_(graph.nodes) {
    result_.opsets.push_back(std::move(opsets));
    for (const Function& f : model.functions)
      check(functions_.emplace(key_of(f.domain, f.name, f.overload), &f).second, ErrorId::onnx_invalid,
            "two functions are called '", f.name, "' of domain '", f.domain, "'");
    auto take = [&](const std::string& name) { names_.insert(name); };
    for (const ValueInfo& v : graph.inputs) take(v.name);
    for (const Tensor& t : graph.initializers) take(t.name);
    for (const Node& n : graph.nodes)
      for (const std::string& out : n.outputs) take(out);
  }

  Inlined run() {
    bodies_.push_back({nullptr, nullptr, &nodes_, &result_.opsets.back(), 0, {}, {}});
    while (!bodies_.empty()) {
      Body& body = bodies_.back();
      if (body.next == body.nodes->size()) {
        bodies_.pop_back();
        continue;
      }
      const Node& original = (*body.nodes)[body.next++];
      const Node& node = body.function ? copy(body, original) : original;
      auto function = functions_.find(key_of(node.domain, node.op_type, node.overload));
      if (function != functions_.end()) enter(*function->second, node);
      else emit(node, body.opsets);
    }
    return std::move(result_);
  }

 private:
  struct Body {
    const Function* function;  // null: the model's graph
    const Node* call;
    const std::vector<Node>* nodes;
    const Opsets* opsets;
    size_t next;
    std::map<std::string, std::string> names;  // of the function's values, outside it
    std::string prefix;
  };

  void emit(const Node& node, const Opsets* opsets) {
    check(result_.nodes.size() < limits_.nodes, ErrorId::limit_exceeded, "with its functions written out the model ",
          "has more than ", limits_.nodes, " nodes");
    result_.nodes.push_back({&node, opsets});
  }

  Node& make() {
    check(result_.made.size() < limits_.nodes, ErrorId::limit_exceeded, "with its functions written out the model ",
          "has more than ", limits_.nodes, " nodes");
    return result_.made.emplace_back();
  }

  void charge(int64_t bytes) {
    bytes_ += bytes;
    check(bytes_ <= limits_.bytes, ErrorId::limit_exceeded, "with its functions written out the model's names and ",
          "attributes take more than ", limits_.bytes, " bytes");
  }

  std::string unique(const std::string& wanted) {
    std::string name = wanted;
    for (int k = 1; !names_.insert(name).second; ++k) name = concat(wanted, ".", k);
    charge(int64_t(name.size()));
    return name;
  }

  void enter(const Function& f, const Node& call) {
    for (const Body& body : bodies_)
      check(body.function != &f, ErrorId::onnx_invalid, "the function '", f.name, "' calls itself");
    check(bodies_.size() <= limits_.depth, ErrorId::limit_exceeded, "functions call functions more than ",
          limits_.depth, " deep");
    try {
      check_call(f, call);
      if (!opsets_.contains(&f)) {
        result_.opsets.push_back(opsets_of(f.opsets));
        opsets_[&f] = &result_.opsets.back();
      }
      std::string stem = call.name.empty() && !call.outputs.empty() ? call.outputs[0] : call.name;
      Body body{&f, &call, &f.nodes, opsets_[&f], 0, {}, concat(stem, "/")};
      charge(int64_t(body.prefix.size() + 64 * f.inputs.size()));
      for (size_t i = 0; i < f.inputs.size(); ++i)
        body.names[f.inputs[i]] = i < call.inputs.size() ? call.inputs[i] : "";
      for (size_t i = 0; i < call.outputs.size(); ++i) bind_output(body, f.outputs[i], call.outputs[i]);
      bodies_.push_back(std::move(body));
    } catch (Error& e) {
      e.add_context(label(call));
      throw;
    }
  }

  static void check_call(const Function& f, const Node& call) {
    check(call.inputs.size() <= f.inputs.size(), ErrorId::onnx_invalid, "the function takes ", f.inputs.size(),
          " inputs, found ", call.inputs.size());
    check(call.outputs.size() <= f.outputs.size(), ErrorId::onnx_invalid, "the function has ", f.outputs.size(),
          " outputs, found ", call.outputs.size());
    for (const Attribute& a : call.attributes) {
      bool known = std::count(f.attributes.begin(), f.attributes.end(), a.name) ||
                   std::any_of(f.defaults.begin(), f.defaults.end(), [&](auto& d) { return d.name == a.name; });
      check(known, ErrorId::onnx_invalid, "the function has no attribute ", a.name);
    }
  }

  // The function's value takes the name it has outside; one that has such a name already is copied.
  void bind_output(Body& body, const std::string& inside, const std::string& outside) {
    if (outside.empty()) return;
    auto [known, fresh] = body.names.try_emplace(inside, outside);
    if (fresh) return;
    check(!known->second.empty(), ErrorId::onnx_invalid, "output '", outside, "' is an input that is left out");
    Node& copy = make();
    copy.op_type = "Identity";
    copy.name = outside;
    copy.inputs = {known->second};
    copy.outputs = {outside};
    emit(copy, identity_opsets());
  }

  const Opsets* identity_opsets() {  // it means the same in all of them
    if (!identity_) {
      result_.opsets.push_back({{"", 13}});
      identity_ = &result_.opsets.back();
    }
    return identity_;
  }

  const Node& copy(Body& body, const Node& from) {
    Node& to = make();
    to.op_type = from.op_type;
    to.domain = from.domain;
    to.overload = from.overload;
    to.name = body.prefix + from.name;
    auto name_of_value = [&](const std::string& inside) {
      if (inside.empty()) return std::string();
      auto known = body.names.find(inside);
      if (known == body.names.end()) known = body.names.emplace(inside, unique(body.prefix + inside)).first;
      return known->second;
    };
    for (const std::string& in : from.inputs) to.inputs.push_back(name_of_value(in));
    for (const std::string& out : from.outputs) to.outputs.push_back(name_of_value(out));
    if (from.name.empty() && !to.outputs.empty()) to.name = to.outputs[0];
    for (const Attribute& a : from.attributes) {
      check(a.graphs.empty(), ErrorId::unsupported, label(to), ": graphs inside functions are not supported");
      const Attribute* given = a.reference.empty() ? &a : referred(body, a);
      if (!given) continue;  // an attribute that the call leaves out is left out of the body
      charge(bytes_of(*given));
      to.attributes.push_back(*given);
      to.attributes.back().name = a.name;
    }
    charge(int64_t(sizeof(Node) + to.name.size() + to.op_type.size()));
    return to;
  }

  static const Attribute* referred(const Body& body, const Attribute& a) {
    for (const auto* list : {&body.call->attributes, &body.function->defaults})
      for (const Attribute& given : *list) {
        if (given.name != a.reference) continue;
        check(a.kind == AttributeKind::undefined || a.kind == given.kind, ErrorId::onnx_invalid, label(*body.call),
              ": attribute ", given.name, " is ", name_of(given.kind), ", expected ", name_of(a.kind));
        return &given;
      }
    return nullptr;
  }

  const Model& model_;
  const InlineLimits& limits_;
  const std::vector<Node>& nodes_;
  Inlined result_;
  std::map<std::string, const Function*> functions_;
  std::map<const Function*, const Opsets*> opsets_;
  const Opsets* identity_ = nullptr;
  std::set<std::string> names_;  // taken
  std::deque<Body> bodies_;      // a call's body stands above the one it is in
  int64_t bytes_ = 0;
};

}  // namespace

Inlined inline_functions(const Model& model, const InlineLimits& limits) {
  return Inliner(model, model.graph, opsets_of(model.opsets), limits).run();
}

Inlined inline_functions(const Model& model, const Graph& body, const Opsets& opsets, const InlineLimits& limits) {
  return Inliner(model, body, opsets, limits).run();
}

}  // namespace tenon::onnx
