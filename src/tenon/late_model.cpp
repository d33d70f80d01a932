#include "tenon/late_model.h"

#include <algorithm>
#include <cstring>

#include "base/file.h"
#include "onnx/late_inputs.h"
#include "plan/engine_file.h"
#include "tenon/guarded.h"

namespace tenon::api {

namespace {

constexpr size_t max_built = 32;

Port port_of_value(const onnx::ValueInfo& value) {
  check(value.type.kind == onnx::TypeKind::tensor && value.type.shape, ErrorId::not_known, "the type of '", value.name,
        "' depends on values that are not known until run time, and the file does not state it");
  TensorType type{onnx::element_of(value.type.element_type), {}};
  for (size_t i = 0; i < value.type.shape->size(); ++i) {
    const onnx::Dim& d = (*value.type.shape)[i];
    if (d.value && *d.value >= 0) type.shape.push_back(*d.value);
    else type.shape.push_back(Dim::symbol(symbol_name(d.param.empty() ? concat(value.name, "_", i) : d.param)));
  }
  return port_of(value.name, type);
}

bool has_external_data(const onnx::Model& model) {
  const auto& list = model.graph.initializers;
  return std::any_of(list.begin(), list.end(), [](const onnx::Tensor& t) { return t.is_external; });
}

}  // namespace

bool LateModel::states_outputs(const onnx::Model& model) {
  const auto& outputs = model.graph.outputs;
  return std::all_of(outputs.begin(), outputs.end(), [](const onnx::ValueInfo& v) {
    return v.type.kind == onnx::TypeKind::tensor && v.type.shape.has_value();
  });
}

LateModel::LateModel(onnx::Model model, std::vector<std::string> late, BuildOptions how)
    : model_(std::move(model)), how_(std::move(how)) {
  how_.tuning_ms = 0;  // a run waits for these builds
  how_.plans.clear();
  for (const onnx::ValueInfo& input : model_.graph.inputs) {
    const auto& constants = model_.graph.initializers;
    if (std::any_of(constants.begin(), constants.end(), [&](const auto& t) { return t.name == input.name; })) continue;
    inputs_.push_back(port_of_value(input));
    bool is_late = std::find(late.begin(), late.end(), input.name) != late.end();
    late_.push_back(is_late ? int(onnx::element_of(input.type.element_type)) : -1);
  }
  for (const onnx::ValueInfo& output : model_.graph.outputs) outputs_.push_back(port_of_value(output));
}

std::string LateModel::names() const {
  std::string text;
  for (size_t i = 0; i < inputs_.size(); ++i)
    if (is_late(i)) text += concat(text.empty() ? "'" : ", '", inputs_[i].name, "'");
  return text;
}

Weights LateModel::values_of(size_t input, const TensorRef& given) const {
  Extents extents{std::span<const int64_t>(given.shape)};
  auto element = ElementType(late_[input]);
  check(extents.rank <= 1 && extents.count() <= onnx::max_late_count, ErrorId::shape_out_of_profile, "input '",
        inputs_[input].name, "' decides shapes and is ", extents, "; it may be a list of up to ", onnx::max_late_count);
  View view;
  Weights weights = make_weights(element, extents, view);
  check(int64_t(given.bytes) == weights->bytes(), "input '", inputs_[input].name, "' has ", given.bytes,
        " bytes, expected ", weights->bytes());
  check(given.data || given.bytes == 0, "the values of input '", inputs_[input].name,
        "' decide shapes: they must be there when shapes are bound, in the host's memory");
  if (given.bytes) std::memcpy(view.data, given.data, given.bytes);
  return weights;
}

std::string LateModel::key(const std::vector<TensorRef>& inputs) const {
  check(inputs.size() == inputs_.size(), "the network has ", inputs_.size(), " inputs, found ", inputs.size());
  std::string key;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!is_late(i)) continue;
    Weights values = values_of(i, inputs[i]);
    key += concat(values->extents, ":");
    key.append(reinterpret_cast<const char*>(values->data), size_t(values->bytes()));
  }
  return key;
}

std::shared_ptr<const Built> LateModel::build(const std::string& key, const std::vector<TensorRef>& inputs) {
  std::scoped_lock lock(mutex_);
  auto known = std::find_if(built_.begin(), built_.end(), [&](const auto& b) { return b.first == key; });
  if (known != built_.end()) {
    built_.splice(built_.begin(), built_, known);
    return built_.front().second;
  }
  onnx::GivenValues given;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (is_late(i)) given[inputs_[i].name] = values_of(i, inputs[i]);
  Graph graph = lower(onnx::import_model(model_, how_.stop, nullptr, given));
  built_.emplace_front(key, std::make_shared<const Built>(tenon::build(std::move(graph), how_)));
  if (built_.size() > max_built) built_.pop_back();
  return built_.front().second;
}

void LateModel::save(const std::string& path) const {
  check(!has_external_data(model_), ErrorId::unsupported, "the values of ", names(),
        " decide shapes, so that an engine holds the model itself; this one's weights lie in other files");
  save_atomically(path, write_model_engine(model_.bytes).parts);
}

}  // namespace tenon::api
