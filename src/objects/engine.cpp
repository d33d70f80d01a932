#include "objects/engine.h"

#include <algorithm>

#include "objects/convert.h"
#include "objects/late_bounds.h"
#include "objects/shape_check.h"
#include "ops/input/input.h"
#include "plan/engine_file.h"
#include "runtime/program_context.h"
#include "tenon/build.h"

namespace tenon::objects {

Engine::Engine(std::shared_ptr<const Built> b) : built(std::move(b)) {
  auto add = [&](const Bound& bound, bool is_input) {
    check_whole_bytes(bound.type.element, bound.name);
    Port port{bound.name, data_type_of(bound.type.element), dims_of(bound.type.shape), is_input, false, {}};
    if (has_implicit_batch()) {
      port.of_batch = bound.type.shape[0] == batch_extent();
      port.dims = without_batch(port.dims);
    }
    ports.push_back(std::move(port));
  };
  const Ranges& ranges = built->program->profile.ranges;
  if (auto batch = ranges.find(to_text(batch_extent())); batch != ranges.end()) max_batch = int32_t(batch->second.high);
  for (const Bound& in : built->program->inputs()) add(in, true);
  input_count = int32_t(ports.size());
  for (const Program::Output& out : built->program->outputs) add({out.name, out.type, 0}, false);
  std::vector<Node*> inputs = built->graph->inputs();
  for (size_t i = 0; i < inputs.size(); ++i)
    for (const Dim& element : as<Input>(*inputs[i])->known) ports[i].elements.push_back(to_text(element));
  for (int32_t profile = 0; profile < nb_profiles(); ++profile)
    for (int32_t i = 0; i < nb_io(); ++i) {
      bindings.push_back(profile ? concat(port(i).name, " [profile ", profile, "]") : port(i).name);
      add_values(i, profile);
    }
  assertions = std::make_shared<const ShapeCheck>(*built->graph);
  bounds = std::make_shared<const LateBounds>(*built->graph);
}

static Binding numbers_at(const Profile& profile, OptProfileSelector which) {
  Binding numbers = profile.typical;
  for (const auto& [symbol, range] : profile.ranges)
    if (which != OptProfileSelector::opt) numbers[symbol] = which == OptProfileSelector::min ? range.low : range.high;
  return numbers;
}

void Engine::add_values(int32_t i, int32_t profile) {
  const Profile& ranges = built->program_of(size_t(profile))->profile;
  if (port(i).elements.empty() || ranges.ranges.empty()) return;
  for (OptProfileSelector which : {OptProfileSelector::min, OptProfileSelector::opt, OptProfileSelector::max}) {
    Binding numbers = numbers_at(ranges, which);
    std::vector<int64_t> values;
    for (const std::string& element : port(i).elements) values.push_back(numbers.find(element)->second);
    values_[{i, profile, which}] = values_of(std::move(values));
  }
}

std::shared_ptr<HostMemory> Engine::serialize() const {
  auto memory = std::make_shared<HostMemory>();
  memory->inherit(*this);
  EngineBytes bytes = write_engine(*built->graph, built->plans);
  size_t total = 0;
  for (const auto& part : bytes.parts) total += part.size();
  memory->bytes.reserve(total);
  for (const auto& part : bytes.parts) memory->bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
  return memory;
}

std::shared_ptr<Context> Engine::create_context() {
  auto context = std::make_shared<Context>(shared_from_this());
  context->inherit(*this);
  return context;
}

const Port& Engine::port(int32_t i) const {
  check(i >= 0 && i < nb_io(), ErrorId::unknown_name, "input or output ", i, " does not exist; there are ", nb_io());
  return ports[size_t(i)];
}

int32_t Engine::io_index(const char* io_name) const {
  std::string wanted = text_or_refuse(io_name, "the name"), known;
  for (int32_t i = 0; i < nb_io(); ++i) {
    if (ports[size_t(i)].name == wanted) return i;
    known += concat(i ? ", '" : "'", ports[size_t(i)].name, "'");
  }
  fail(ErrorId::unknown_name, "no input or output is called '", wanted, "'; there are ", known);
}

TensorIOMode Engine::mode_of(const char* io_name) const {
  std::string wanted = text_or_refuse(io_name, "the name");
  for (const Port& p : ports)
    if (p.name == wanted) return p.is_input ? TensorIOMode::input : TensorIOMode::output;
  return TensorIOMode::none;
}

int32_t Engine::get_nb_layers() const {
  size_t steps = 0;
  for (const Program::Stage& stage : built->program->stages) steps += stage.plan->steps.size();
  return int32_t(steps);
}

TensorLocation Engine::location_of(const char* io_name) const {
  return is_shape_io(io_name) ? TensorLocation::host : TensorLocation::device;
}

int32_t Engine::binding_index(const char* name_of_binding) const {
  auto it = std::find(bindings.begin(), bindings.end(), text_or_refuse(name_of_binding, "the name"));
  return it == bindings.end() ? io_index(name_of_binding) : int32_t(it - bindings.begin());
}

const std::string& Engine::binding_name(int32_t i) const { return pick(bindings, i, "binding"); }

const Port& Engine::bound_port(int32_t binding) const {
  check(binding >= 0 && binding < nb_bindings(), ErrorId::unknown_name, "binding ", binding,
        " does not exist; there are ", nb_bindings());
  return ports[size_t(binding % nb_io())];
}

int32_t Engine::nb_profiles() const { return int32_t(built->profiles()); }

void Engine::check_profile(int32_t profile) const {
  check(profile >= 0 && profile < nb_profiles(), ErrorId::unknown_name, "profile ", profile,
        " does not exist; there are ", nb_profiles());
}

Dims Engine::profile_shape(const char* io_name, int32_t profile, OptProfileSelector which) const {
  return profile_dimensions(io_index(io_name), profile, which);
}

Dims Engine::profile_dimensions(int32_t binding, int32_t profile, OptProfileSelector which) const {
  check_profile(profile);
  const Port& wanted = bound_port(binding);
  check(wanted.is_input, "'", wanted.name, "' is an output; profiles bound inputs");
  check(binding < nb_io() || binding / nb_io() == profile, "binding ", binding, " belongs to profile ",
        binding / nb_io(), ", not to ", profile);
  if (has_implicit_batch()) return wanted.dims;
  Binding numbers = numbers_at(built->program_of(size_t(profile))->profile, which);
  Dims dims = wanted.dims;
  const Shape& shape = built->program->inputs()[size_t(binding % nb_io())].type.shape;
  for (int32_t axis = 0; axis < dims.n && !numbers.empty(); ++axis) dims.d[axis] = shape[size_t(axis)].at(numbers);
  return dims;
}

const OptimizationProfile::Values* Engine::values_at(int32_t i, int32_t profile, OptProfileSelector which) const {
  check_profile(profile);
  auto it = values_.find({i, profile, which});
  return it == values_.end() ? nullptr : &it->second;
}

const int64_t* Engine::profile_values(const char* io_name, int32_t profile, OptProfileSelector which) const {
  const OptimizationProfile::Values* found = values_at(io_index(io_name), profile, which);
  return found ? found->wide.data() : nullptr;
}

const int32_t* Engine::narrow_profile_values(const char* io_name, int32_t profile, OptProfileSelector which) const {
  const OptimizationProfile::Values* found = values_at(io_index(io_name), profile, which);
  return found ? found->narrow.data() : nullptr;
}

const int32_t* Engine::profile_binding_values(int32_t profile, int32_t binding, OptProfileSelector which) const {
  return narrow_profile_values(bound_port(binding).name.c_str(), profile, which);
}

size_t Engine::device_memory_size_for(int32_t profile) const {
  check_profile(profile);
  return size_t(ProgramContext(built->program_of(size_t(profile)), 0).arena_bytes());
}

size_t Engine::device_memory_size() const {
  size_t most = 0;
  for (int32_t profile = 0; profile < nb_profiles(); ++profile) most = std::max(most, device_memory_size_for(profile));
  return most;
}

std::shared_ptr<Engine> Runtime::deserialize(const void* blob, size_t size) {
  check(blob || size == 0, "the engine's bytes are null; ", size, " bytes are announced");
  const auto* first = static_cast<const std::byte*>(blob);
  auto bytes = std::make_shared<const std::vector<std::byte>>(first, first + size);
  check(looks_like_an_engine(*bytes), ErrorId::engine_not_an_engine, "these ", size,
        " bytes are no engine of Tenon; engines of other libraries must be built anew from their network");
  BuildOptions how;
  how.device = "auto";
  Graph graph = read_engine(std::move(bytes), &how.plans);
  auto built = std::make_shared<const Built>(build(std::move(graph), how));
  for (const std::string& note : built->notes) say(Severity::info, note);
  auto engine = std::make_shared<Engine>(std::move(built));
  engine->inherit(*this);
  return engine;
}

std::shared_ptr<Engine> Runtime::deserialize(const void* blob, size_t size, const void* plugin_factory) {
  check(!plugin_factory, ErrorId::unsupported, "plugin factories; the third argument must be null");
  return deserialize(blob, size);
}

std::shared_ptr<Runtime> create_runtime(std::shared_ptr<LogSink> log) {
  auto runtime = std::make_shared<Runtime>();
  runtime->sink = std::move(log);
  return runtime;
}

}  // namespace tenon::objects
