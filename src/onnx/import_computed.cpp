// Values that a run computes and that decide extents: symbols stand for them.
#include <algorithm>

#include "onnx/importer.h"
#include "ops/bound.h"

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
    values_[name] = &bound(value(name), below_zero);
  }
}

Value& Importer::bound(Value& value, bool below_zero) {
  auto is_known = [&](Value& v) { return known(v) != nullptr; };
  auto next_name = [&] { return concat("late$", *imported_, "b", late_binds_++); };
  auto add = [&](std::unique_ptr<Op> op, std::vector<Value*> operands, const std::string& name) -> Value& {
    return network_->add(std::move(op), std::move(operands), name).output();
  };
  return BoundValues{is_known, next_name, add, below_zero}.bound(*network_, bound_[below_zero], value);
}

}  // namespace tenon::onnx
