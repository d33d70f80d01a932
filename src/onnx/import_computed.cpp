// Values that a run computes and that decide extents: symbols stand for them.
#include <algorithm>

#include "onnx/importer.h"
#include "ops/bind/bind.h"
#include "ops/constant/constant.h"
#include "ops/elementwise/elementwise.h"
#include "ops/unary/unary.h"

namespace tenon::onnx {

// A node that says of values that they are not known is imported once more, with symbols for those it reads: first for
// all but its first operand, which is mostly data. What no symbols help may leave an extent to the run.
void Importer::import_bound(const InlinedNode& n) {
  if (computed_ == ComputedExtents::refused) return import_once(n);
  if (could_import(n)) return;
  for (size_t first : {1, 0}) {
    struct Restore {
      std::map<std::string, Value*>& values;
      std::map<std::string, Value*> plain;
      ~Restore() {
        for (const auto& [name, value] : plain) values[name] = value;
      }
    } restore{values_, values_of(n)};
    bind_operands(n, first);
    if (could_import(n)) return;
  }
  extents_may_be_late_ = true;
  import_once(n);
  extents_may_be_late_ = false;
}

bool Importer::could_import(const InlinedNode& n) {
  try {
    import_once(n);
  } catch (const Error& e) {
    if (e.id() != ErrorId::not_known || unlike_ranks_) throw;
    return false;
  }
  return true;
}

std::map<std::string, Value*> Importer::values_of(const InlinedNode& n) {
  std::map<std::string, Value*> values;
  for (const std::string& name : n.node->inputs)
    if (!name.empty()) values[name] = &value(name);
  return values;
}

void Importer::bind_operands(const InlinedNode& n, size_t first) {
  bool below_zero = n.node->op_type == "Pad" || n.node->op_type == "Slice";
  for (size_t i = first; i < n.node->inputs.size(); ++i) {
    const std::string& name = n.node->inputs[i];
    if (name.empty()) continue;
    values_[name] = &bound(value(name), below_zero, 0);
  }
}

// Shape arithmetic is followed back to what inference does not see through, so that known elements stay known.
// Symbols are never below 0: a number that may be is the difference of two.
Value& Importer::bound(Value& value, bool below_zero, int depth) {
  constexpr int deepest = 64;
  auto& done = bound_[below_zero];
  if (auto it = done.find(&value); it != done.end()) return *it->second;
  const auto* type = std::get_if<TensorType>(&network_->type(value));
  bool fits = type && (type->element == ElementType::i64 || type->element == ElementType::i32) &&
              all_known(type->shape) && at(type->shape, {}).count() <= max_contents;
  if (!fits || network_->contents(value) || known(value)) return value;
  const tenon::Node& maker = *value.producer;
  if (depth < deepest && !maker.inputs().empty() && maker.outputs().size() == 1 && maker.op().late() == Late::nothing) {
    std::vector<Value*> operands;
    for (Value* in : maker.inputs()) operands.push_back(&bound(*in, below_zero, depth + 1));
    if (operands != maker.inputs()) {
      Value& again = network_->add(maker.op().clone(), operands, value.name).output();
      network_->type(again);
      if (network_->contents(again)) return *(done[&value] = &again);
    }
  }
  if (!below_zero) return *(done[&value] = &bind(value));
  auto add = [&](const Op& op, std::vector<Value*> in) -> Value& {
    return network_->add(op.clone(), in, value.name).output();
  };
  View view;
  Weights none = make_weights(type->element, {}, view);
  Value &zero = add(Constant(none), {}), &less = add(Unary("neg"), {&value});
  Value &above = bind(add(Elementwise("max"), {&value, &zero})), &below = bind(add(Elementwise("max"), {&less, &zero}));
  return *(done[&value] = &add(Elementwise("sub"), {&above, &below}));
}

Value& Importer::bind(Value& value) {
  const auto& type = std::get<TensorType>(network_->type(value));
  Bind op;
  for (int64_t i = 0; i < at(type.shape, {}).count(); ++i)
    op.symbols.push_back(tenon::Dim::symbol(concat("late$", *imported_, "b", late_binds_, ".", i)));
  ++late_binds_;
  return network_->add(op, {&value}, value.name);
}

}  // namespace tenon::onnx
