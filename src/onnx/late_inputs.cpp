#include "onnx/late_inputs.h"

namespace tenon::onnx {

namespace {

// A stand-in for values to come: import asks whether they are there before it looks at them.
Weights stand_in(const ValueInfo& input) {
  if (input.type.kind != TypeKind::tensor || !input.type.shape || input.type.shape->size() > 1) return nullptr;
  Extents extents;
  for (const Dim& d : *input.type.shape) extents.push(d.value.value_or(1));
  if (extents.count() < 0 || extents.count() > max_late_count) return nullptr;
  try {
    ElementType element = element_of(input.type.element_type);
    if (!plain_types.contains(element)) return nullptr;
    View view;
    return make_weights(element, extents, view);
  } catch (const Error&) {
    return nullptr;  // a type that Tenon lacks: import says so
  }
}

bool lacks_values(const Model& model, const Stop& stop, const GivenValues& given) {
  try {
    import_model(model, stop, nullptr, given);
  } catch (const Error& e) {
    if (e.code() == ErrorCode::cancelled) throw;
    return e.id() == ErrorId::not_known;
  }
  return false;
}

}  // namespace

std::vector<std::string> late_inputs(const Model& model, const Stop& stop) {
  GivenValues given;
  for (const ValueInfo& input : model.graph.inputs)
    if (Weights weights = stand_in(input)) given[input.name] = weights;
  for (const Tensor& t : model.graph.initializers) given.erase(t.name);
  if (given.empty() || lacks_values(model, stop, given)) return {};
  std::vector<std::string> late;
  for (auto it = given.begin(); it != given.end();) {
    GivenValues others = given;
    others.erase(it->first);
    if (lacks_values(model, stop, others)) late.push_back((it++)->first);
    else it = given.erase(it);
  }
  return late;
}

}  // namespace tenon::onnx
