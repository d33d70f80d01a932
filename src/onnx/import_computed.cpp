// Values that a run computes and that decide extents: symbols stand for them.
#include <algorithm>

#include "onnx/importer.h"
#include "ops/bind/bind.h"

namespace tenon::onnx {

// A node that says of values that they are not known is imported once more, with symbols for those it reads: first for
// all but its first operand, which is mostly data.
void Importer::import_bound(const InlinedNode& n) {
  if (computed_ == ComputedExtents::refused) return import_once(n);
  try {
    return import_once(n);
  } catch (const Error& e) {
    if (e.id() != ErrorId::not_known || unlike_ranks_) throw;
  }
  std::map<std::string, Value*> plain = values_of(n);
  auto restore = [&] {
    for (const auto& [name, value] : plain) values_[name] = value;
  };
  try {
    bind_operands(n, 1);
    import_once(n);
    return restore();
  } catch (const Error& e) {
    restore();
    if (e.id() != ErrorId::not_known || unlike_ranks_) throw;
    if (!bind_operands(n, 0)) throw;
  }
  try {
    import_once(n);
  } catch (const Error&) {
    restore();
    throw;
  }
  restore();
}

std::map<std::string, Value*> Importer::values_of(const InlinedNode& n) {
  std::map<std::string, Value*> values;
  for (const std::string& name : n.node->inputs)
    if (!name.empty()) values[name] = &value(name);
  return values;
}

bool Importer::bind_operands(const InlinedNode& n, size_t first) {
  bool any = false;
  for (size_t i = first; i < n.node->inputs.size(); ++i) {
    const std::string& name = n.node->inputs[i];
    if (name.empty()) continue;
    Value &plain = value(name), &with_symbols = bound(plain, 0);
    values_[name] = &with_symbols;
    any = any || &plain != &with_symbols;
  }
  return any;
}

// Shape arithmetic is followed back to what inference does not see through, so that known elements stay known.
Value& Importer::bound(Value& value, int depth) {
  constexpr int deepest = 64;
  if (auto it = bound_.find(&value); it != bound_.end()) return *it->second;
  const auto* type = std::get_if<TensorType>(&network_->type(value));
  bool fits = type && (type->element == ElementType::i64 || type->element == ElementType::i32) &&
              all_known(type->shape) && at(type->shape, {}).count() <= max_contents;
  if (!fits || network_->contents(value) || known(value)) return value;
  const tenon::Node& maker = *value.producer;
  if (depth < deepest && !maker.inputs().empty() && maker.outputs().size() == 1 && maker.op().late() == Late::nothing) {
    std::vector<Value*> operands;
    for (Value* in : maker.inputs()) operands.push_back(&bound(*in, depth + 1));
    if (operands != maker.inputs()) {
      Value& again = network_->add(maker.op().clone(), operands, value.name).output();
      network_->type(again);
      if (network_->contents(again)) return *(bound_[&value] = &again);
    }
  }
  Bind op;
  for (int64_t i = 0; i < at(type->shape, {}).count(); ++i)
    op.symbols.push_back(tenon::Dim::symbol(concat("late$", *imported_, "b", late_binds_, ".", i)));
  ++late_binds_;
  return *(bound_[&value] = &network_->add(op, {&value}, value.name));
}

}  // namespace tenon::onnx
