#include "objects/engine.h"

#include <cstring>

#include "objects/convert.h"
#include "objects/shape_check.h"
#include "plan/engine_file.h"
#include "runtime/program_context.h"
#include "tenon/build.h"

namespace tenon::objects {

Engine::Engine(std::shared_ptr<const Built> b) : built(std::move(b)) {
  auto add = [&](const Bound& bound, bool is_input) {
    check_whole_bytes(bound.type.element, bound.name);
    ports.push_back({bound.name, data_type_of(bound.type.element), dims_of(bound.type.shape), is_input});
  };
  for (const Bound& in : built->program->inputs()) add(in, true);
  input_count = int32_t(ports.size());
  for (const Program::Output& out : built->program->outputs) add({out.name, out.type, 0}, false);
  assertions = std::make_shared<const ShapeCheck>(*built->graph);
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

Dims Engine::profile_shape(const char* io_name, int32_t profile, OptProfileSelector which) const {
  return profile_dimensions(io_index(io_name), profile, which);
}

Dims Engine::profile_dimensions(int32_t i, int32_t profile, OptProfileSelector which) const {
  check(profile == 0, "profile ", profile, " does not exist; there is one");
  const Port& wanted = port(i);
  check(wanted.is_input, "'", wanted.name, "' is an output; profiles bound inputs");
  const tenon::Profile& ranges = built->program->stages.front().plan->profile;
  Dims dims = wanted.dims;
  const Shape& shape = built->program->inputs()[size_t(i)].type.shape;
  Binding binding = ranges.typical;
  for (const auto& [symbol, range] : ranges.ranges)
    if (which != OptProfileSelector::opt) binding[symbol] = which == OptProfileSelector::min ? range.low : range.high;
  for (int32_t axis = 0; axis < dims.n && !binding.empty(); ++axis) dims.d[axis] = shape[size_t(axis)].at(binding);
  return dims;
}

size_t Engine::device_memory_size() const { return size_t(ProgramContext(built->program, 0).arena_bytes()); }

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
