// Network -> Graph: inputs in their order, then what the outputs need, cloned and typed. The network stays as it was.
#include <algorithm>
#include <unordered_map>

#include "ir/fields_text.h"
#include "ir/graph.h"
#include "ir/network.h"

namespace tenon {

namespace {

class Lowering {
 public:
  Lowering(const Network& network, Constraints constraints, std::vector<std::string>* notes)
      : network_(network), constraints_(constraints), notes_(notes) {}

  Graph run() {
    std::vector<Value*> wanted;  // inputs first: programs bind them in this order, used or not
    for (const auto& n : network_.nodes())
      if (std::string_view(n->info().name) == "input") wanted.push_back(&n->output());
    size_t inputs = wanted.size();
    for (const Network::Output& out : network_.outputs()) wanted.push_back(out.value);
    while (Value* binds = unseen_bind(wanted)) wanted.insert(wanted.begin() + long(inputs++), binds);
    for (const Node* n : in_order(wanted)) lower(*n);
    for (const Network::Output& out : network_.outputs()) graph_.mark_output(*copy_.at(out.value), out.name);
    verify(graph_);
    return std::move(graph_);
  }

 private:
  // A value that gives symbols their numbers in a run, that others have in their types, and that nobody reads; or null.
  Value* unseen_bind(const std::vector<Value*>& wanted) const {
    std::map<std::string, int> used;
    std::set<const Node*> seen;
    bool any = std::any_of(network_.nodes().begin(), network_.nodes().end(),
                           [](const auto& n) { return n->op().late() == Late::contents; });
    if (!any) return nullptr;
    for (const Node* n : in_order(wanted)) {
      seen.insert(n);
      for (const auto& v : n->outputs())
        if (const auto* type = v->inferred ? std::get_if<TensorType>(&*v->inferred) : nullptr)
          for (const Dim& d : type->shape) d.symbols(used);
    }
    for (const auto& n : network_.nodes()) {
      if (n->op().late() != Late::contents || seen.contains(n.get()) || !n->output().contents) continue;
      for (const Dim& d : *n->output().contents)
        if (used.contains(to_text(d))) return &n->output();
    }
    return nullptr;
  }

  void lower(const Node& n) {
    std::vector<Value*> inputs;
    for (const Value* in : n.inputs()) inputs.push_back(copy_.at(in));
    auto precision = network_.precisions().find(&n);
    bool asked = constraints_ != Constraints::ignored && !inputs.empty();
    if (asked && precision != network_.precisions().end()) {
      try {
        return append(n, inputs, precision->second);
      } catch (Error& e) {
        std::string text = concat("precision ", precision->second, " is demanded of ", n.label(), ": ", e.what());
        check(constraints_ == Constraints::preferred, ErrorId::unsupported_type, text);
        if (notes_) notes_->push_back(concat(text, "; it computes in the types of its operands"));
      }
    }
    auto has_type = [&](const auto& out) { return network_.output_types().contains(out.get()); };
    if (asked && std::any_of(n.outputs().begin(), n.outputs().end(), has_type)) return append(n, inputs, {});
    std::vector<std::string> names;
    for (const auto& out : n.outputs()) names.push_back(out->name);
    Node& node = graph_.append(owning_copy(n.op()), std::move(inputs), std::move(names));
    graph_.origins(node) = n.origins();
    for (size_t i = 0; i < n.outputs().size(); ++i) copy_[n.outputs()[i].get()] = &node.output(int(i));
  }

  // The node with its float operands in `precision`, if any; its values then go on in the types they would have had,
  // for what follows was not asked.
  void append(const Node& n, const std::vector<Value*>& inputs, std::optional<ElementType> precision) {
    constexpr ElementSet plain = float_types | ElementType::i32 | ElementType::i64 | ElementType::boolean;
    check(!precision || plain.contains(*precision),
          "arithmetic on quantized numbers follows from quantize and "
          "dequantize layers alone");
    std::vector<Value*> operands = inputs;
    for (Value*& in : operands)
      if (precision) in = &kept_at(*precision, converted(*in, *precision, concat(in->name, ".", *precision)));
    std::vector<ElementType> before = types_of(n.op(), inputs), made = types_of(n.op(), operands);
    std::vector<std::string> names;
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      const std::string& name = n.outputs()[i]->name;
      bool stays = made[i] == before[i] && stored(*n.outputs()[i], made[i]) == before[i];
      names.push_back(stays ? name : concat(name, ".", made[i]));
    }
    Node& node = graph_.append(owning_copy(n.op()), operands, names);
    graph_.origins(node) = n.origins();
    for (size_t i = 0; i < names.size(); ++i) {
      const Value& was = *n.outputs()[i];
      ElementType wanted = stored(was, made[i]);
      if (precision) kept_at(*precision, node.output(int(i)));
      Value& result =
          converted(node.output(int(i)), wanted, wanted == before[i] ? was.name : concat(was.name, ".", wanted));
      if (network_.output_types().contains(&was)) kept_at(wanted, result);
      copy_[&was] = &converted(result, before[i], was.name);
    }
  }

  static Value& kept_at(ElementType precision, Value& value) {
    value.kept = value.kept || (value.element() == precision && float_types.contains(precision));
    return value;
  }

  ElementType stored(const Value& value, ElementType otherwise) const {
    auto it = network_.output_types().find(&value);
    return it != network_.output_types().end() && float_types.contains(it->second) && float_types.contains(otherwise)
               ? it->second
               : otherwise;
  }

  Value& converted(Value& value, ElementType to, std::string name) {
    if (value.element() == to || !float_types.contains(value.element()) || !float_types.contains(to)) return value;
    Value*& known = casts_[{&value, to}];
    if (!known) {
      std::unique_ptr<Op> cast = find_op("cast").make(0);
      parse_fields(*cast, concat("to=", to));
      known = &graph_.append(std::move(cast), {&value}, {std::move(name)}).output();
    }
    return *known;
  }

  static std::vector<ElementType> types_of(const Op& op, const std::vector<Value*>& inputs) {
    std::vector<Inputs::Operand> operands;
    for (const Value* v : inputs) operands.push_back({&*v->inferred, v->contents ? &*v->contents : nullptr});
    std::vector<ElementType> list;
    for (const Type& t : infer(op, operands).types) list.push_back(std::get<TensorType>(t).element);
    return list;
  }

  const Network& network_;
  Constraints constraints_;
  std::vector<std::string>* notes_;
  Graph graph_;
  std::unordered_map<const Value*, Value*> copy_;
  std::map<std::pair<const Value*, ElementType>, Value*> casts_;
};

}  // namespace

Graph lower(const Network& network, Constraints constraints, std::vector<std::string>* notes) {
  check(!network.outputs().empty(), "the network has no output; mark one");
  return Lowering(network, constraints, notes).run();
}

}  // namespace tenon
