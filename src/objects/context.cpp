// Context: the profile, shapes and values of one caller. What it runs: context_run.cpp.
#include <algorithm>
#include <cstring>

#include "objects/convert.h"
#include "objects/engine.h"
#include "objects/late_bounds.h"
#include "objects/work.h"
#include "tenon/build.h"

namespace tenon::objects {

Context::Context(std::shared_ptr<Engine> engine)
    : owner_(std::move(engine)),
      work_(std::make_shared<Work>(*owner_, 0)),
      works_(size_t(owner_->nb_profiles())),
      values_(owner_->ports.size()),
      addresses_(owner_->ports.size()),
      memories_(owner_->ports.size()),
      found_(owner_->ports.size()) {
  works_[0] = work_;
  for (int32_t i = 0; i < owner_->input_count; ++i) inputs_.push_back(owner_->ports[size_t(i)].dims);
}

Context::~Context() = default;

void Context::set_profile(int32_t profile) {
  owner_->check_profile(profile);
  if (profile == profile_) return;
  std::shared_ptr<Work>& chosen = works_[size_t(profile)];
  if (!chosen) chosen = std::make_shared<Work>(*owner_, profile);
  work_ = chosen;
  profile_ = profile;
  for (int32_t i = 0; i < owner_->input_count; ++i) inputs_[size_t(i)] = owner_->ports[size_t(i)].dims;
  values_.assign(values_.size(), {});
  found_.assign(found_.size(), {});
}

int32_t Context::port_of_binding(int32_t i) const {
  owner_->bound_port(i);
  check(i / owner_->nb_io() == profile_, "binding ", i, " belongs to profile ", i / owner_->nb_io(),
        "; this context uses ", profile_);
  return i % owner_->nb_io();
}

bool is_open(const Dims& dims) {
  for (int i = 0; i < dims.n; ++i)
    if (dims.d[i] < 0) return true;
  return false;
}

bool Context::all_input_dimensions_specified() const { return std::none_of(inputs_.begin(), inputs_.end(), is_open); }

bool Context::all_input_shapes_specified() const { return all_input_dimensions_specified() && told_by(addresses_); }

int32_t Context::infer_shapes(int32_t room, const char** names) {
  check(names || room <= 0, "there is room for ", room, " names, and its pointer is null");
  int32_t missing = 0;
  for (int32_t i = 0; i < owner_->input_count; ++i) {
    const Port& port = owner_->port(i);
    bool has_all = !is_open(inputs_[size_t(i)]) && (port.elements.empty() || has_values(i, addresses_[size_t(i)]));
    if (has_all) continue;
    if (missing < room) names[missing] = port.name.c_str();
    ++missing;
  }
  if (missing == 0)
    for (int32_t i = owner_->input_count; i < owner_->nb_io(); ++i) io_shape(i);
  return missing;
}

void Context::check_input(int32_t i, const Dims& dims) const {
  const Port& port = owner_->port(i);
  check(port.is_input, "'", port.name, "' is an output; its shape follows from the inputs");
  bool fits = dims.n == port.dims.n;
  for (int k = 0; fits && k < dims.n; ++k) fits = dims.d[k] >= 0 && (port.dims.d[k] < 0 || port.dims.d[k] == dims.d[k]);
  check(fits, ErrorId::shape_out_of_profile, "input '", port.name, "' is ", to_text(port.dims),
        " in the engine, found ", to_text(dims));
  Dims low = owner_->profile_dimensions(i, profile_, OptProfileSelector::min),
       high = owner_->profile_dimensions(i, profile_, OptProfileSelector::max);
  for (int k = 0; k < dims.n; ++k)
    check((low.d[k] < 0 || low.d[k] <= dims.d[k]) && (high.d[k] < 0 || dims.d[k] <= high.d[k]),
          ErrorId::shape_out_of_profile, "input '", port.name, "' is ", to_text(dims), ", the profile",
          owner_->nb_profiles() > 1 ? concat(" ", profile_) : "", " allows ", to_text(low), " to ", to_text(high));
}

void Context::set_shape(int32_t i, const Dims& dims) {
  check_input(i, dims);
  inputs_[size_t(i)] = dims;
  found_.assign(found_.size(), {});
}

void Context::set_binding_dimensions(int32_t i, const Dims& dims) { set_shape(port_of_binding(i), dims); }

void Context::set_input_shape(const char* io_name, const Dims& dims) { set_shape(owner_->io_index(io_name), dims); }

void Context::set_shape_binding(int32_t i, const int32_t* values) {
  int32_t input = port_of_binding(i);
  const Port& port = owner_->port(input);
  check(!port.elements.empty(), "the values of '", port.name, "' decide no extents; only its shape can be set");
  std::string bytes;
  for (size_t k = 0; k < port.elements.size(); ++k) {
    int64_t wide = values[k];
    if (port.type == DataType::int32) bytes.append(reinterpret_cast<const char*>(&values[k]), sizeof values[k]);
    else bytes.append(reinterpret_cast<const char*>(&wide), sizeof wide);
  }
  values_[size_t(input)] = std::make_shared<const std::string>(std::move(bytes));
  found_.assign(found_.size(), {});
}

void Context::shape_binding(int32_t i, int32_t* values) const {
  int32_t input = port_of_binding(i);
  const Port& port = owner_->port(input);
  check(!port.elements.empty(), "the values of '", port.name, "' decide no extents");
  check(has_values(input, addresses_[size_t(input)]), "the values of '", port.name, "' are not set");
  std::string bytes = values_at(input, addresses_[size_t(input)]);
  for (size_t k = 0; k < port.elements.size(); ++k) {
    ElementType element = element_of(port.type);
    values[k] = int32_t(
        load_scalar(reinterpret_cast<const std::byte*>(bytes.data()) + int64_t(k) * size_bytes(element), element).i);
  }
}

bool Context::has_values(int32_t i, const void* address) const { return values_[size_t(i)] || address; }

// As bytes. They decide extents now: a device's memory is waited for.
std::string Context::values_at(int32_t i, const void* address) const {
  if (values_[size_t(i)]) return *values_[size_t(i)];
  const Port& port = owner_->port(i);
  std::string bytes(port.elements.size() * size_t(size_bytes(element_of(port.type))), '\0');
  ProgramRuntime runtime = program_runtime();
  if (!runtime.is_there() || runtime.readable(address)) {
    std::memcpy(bytes.data(), address, bytes.size());
    return bytes;
  }
  check(runtime.memcpy_async, ErrorId::device, "the values of '", port.name,
        "' decide extents and lie in a device's memory, and the program's CUDA runtime offers no copies");
  constexpr int device_to_host = 2;
  check_runtime(runtime.memcpy_async(bytes.data(), address, bytes.size(), device_to_host, nullptr), "cudaMemcpyAsync");
  check_runtime(runtime.synchronize(nullptr), "cudaStreamSynchronize");
  return bytes;
}

// Nothing where the values of a shape input are missing.
std::optional<Binding> Context::told_by(const std::vector<void*>& addresses) const {
  Binding told;
  const Ranges& ranges = owner_->built->program_of(size_t(profile_))->profile.ranges;
  for (int32_t i = 0; i < owner_->input_count; ++i) {
    const Port& port = owner_->port(i);
    if (port.elements.empty()) continue;
    if (!has_values(i, addresses[size_t(i)])) return {};
    std::string bytes = values_at(i, addresses[size_t(i)]);
    ElementType element = element_of(port.type);
    for (size_t k = 0; k < port.elements.size(); ++k) {
      auto* from = reinterpret_cast<const std::byte*>(bytes.data()) + int64_t(k) * size_bytes(element);
      int64_t number = load_scalar(from, element).i;
      auto range = ranges.find(port.elements[k]);
      check(number >= 0, ErrorId::shape_out_of_profile, "value ", k, " of '", port.name, "' decides extents and is ",
            number);
      check(range == ranges.end() || (range->second.low <= number && number <= range->second.high),
            ErrorId::shape_out_of_profile, "value ", k, " of '", port.name, "' is ", number, ", the profile",
            owner_->nb_profiles() > 1 ? concat(" ", profile_) : "", " allows ", range->second.low, " to ",
            range->second.high);
      told[port.elements[k]] = number;
    }
  }
  return told;
}

InputShapes Context::shapes_with(Binding told) const {
  InputShapes shapes{{}, std::move(told)};
  for (size_t i = 0; i < inputs_.size(); ++i) {
    Extents extents;
    if (owner_->has_implicit_batch()) extents.push(owner_->ports[i].of_batch ? batch_ : 1);
    for (int64_t d : extents_of(inputs_[i])) extents.push(d);
    shapes.extents.push_back(extents);
  }
  return shapes;
}

// -1 where a run finds an extent out.
Dims Context::output_shape(int32_t output, const InputShapes& shapes) {
  if (std::optional<Extents> known = work_->output(output, shapes)) return dims_of(*known);
  const Program& program = *owner_->built->program;
  Binding early = bind_symbols(program.inputs(), shapes.extents, shapes.told);
  Dims dims = dims_of(program.outputs[size_t(output)].type.shape);
  for (int axis = 0; axis < dims.n; ++axis) {
    const Dim& d = program.outputs[size_t(output)].type.shape[size_t(axis)];
    std::map<std::string, int> symbols;
    d.symbols(symbols);
    if (std::all_of(symbols.begin(), symbols.end(), [&](const auto& s) { return early.contains(s.first); }))
      dims.d[axis] = d.at(early);
  }
  return dims;
}

Dims Context::io_shape(int32_t i) {
  const Port& port = owner_->port(i);
  if (port.is_input) return inputs_[size_t(i)];
  if (found_[size_t(i)]) return *found_[size_t(i)];
  if (!is_open(port.dims) || !all_input_dimensions_specified()) return port.dims;
  std::optional<Binding> told = told_by(addresses_);
  if (!told) return port.dims;
  Dims dims = output_shape(i - owner_->input_count, shapes_with(std::move(*told)));
  return owner_->has_implicit_batch() ? without_batch(dims) : dims;
}

Dims Context::shape_of(const char* io_name) { return io_shape(owner_->io_index(io_name)); }

int64_t Context::max_output_size(const char* io_name) {
  int32_t i = owner_->io_index(io_name);
  const Port& port = owner_->port(i);
  check(!port.is_input, "'", io_name, "' is an input");
  std::optional<Binding> told = told_by(addresses_);
  check(all_input_dimensions_specified() && told, "set the shapes of the inputs first");
  const Program& program = *owner_->built->program;
  const Shape& shape = program.outputs[size_t(i - owner_->input_count)].type.shape;
  std::optional<int64_t> count =
      owner_->bounds->most(shape, bind_symbols(program.inputs(), shapes_with(*told).extents, *told));
  check(count.has_value(), ErrorId::not_known, "'", io_name, "' is ", to_text(port.dims),
        ", and no operator says how large that can become; set an output allocator");
  return checked_mul(*count, size_bytes(element_of(port.type)));
}

}  // namespace tenon::objects
