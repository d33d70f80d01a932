#include "runtime/context.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/memory.h"
#include "runtime/on_device.h"

namespace tenon {

// Takes symbols where they stand alone, then checks every expression against them.
Binding bind_symbols(const std::vector<Bound>& inputs, std::span<const Extents> extents, Binding binding) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const tenon::Shape& shape = inputs[i].type.shape;
    check(int(shape.size()) == extents[i].rank, ErrorId::shape_out_of_profile, "input '", inputs[i].name, "' has rank ",
          shape.size(), " in the network, found ", extents[i]);
    for (int d = 0; d < extents[i].rank; ++d) {
      std::map<std::string, int> symbols;
      shape[size_t(d)].symbols(symbols);
      if (symbols.size() == 1 && shape[size_t(d)] == Dim::symbol(symbols.begin()->first))
        binding.try_emplace(symbols.begin()->first, extents[i][d]);
    }
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    check(at(inputs[i].type.shape, binding) == extents[i], ErrorId::shape_out_of_profile, "input '", inputs[i].name,
          "' is ", inputs[i].type, " in the network, found ", extents[i]);
  return binding;
}

ExecutionContext::ExecutionContext(std::shared_ptr<const Plan> plan, int threads, const Profile* profile)
    : plan_(std::move(plan)),
      profile_(profile ? *profile : plan_->profile),
      workers_(threads),
      grown_(plan_->slots.size()),
      made_aside_(plan_->outputs.size()) {
  for (const Step& step : plan_->steps) states_.push_back(step.run->make_state(workers_.threads()));
  if (plan_->device) on_device_ = std::make_unique<OnDevice>(*plan_->device, states_);
  if (!profile_.ranges.empty()) plan_for_highest();
}

ExecutionContext::~ExecutionContext() {
  if (!on_device_) return;
  on_device_->finish();
  for (Recorded& r : captured_) r.keeps.clear();
  arena_ = {};  // freeing waits for the program's graphs, which call what goes next
}

// One that is under way calls host steps that are its own: it ends before it is dropped.
void ExecutionContext::wait_for_recordings(const Shape& shape) {
  if (!shape.recorded.empty()) on_device_->last_run->wait();
}

// Grown arenas have other addresses, which recordings have within. All is as before if there is no memory.
void ExecutionContext::grow_arenas(const std::array<int64_t, 2>& bytes) {
  std::array<std::shared_ptr<std::byte>, 2> grown;
  bool grows = false;
  for (Space space : {Space::host, Space::device}) {
    auto i = size_t(space);
    if (bytes[i] <= arena_bytes_[i]) continue;
    grows = true;
    if (!on_device_) grown[i] = allocate_memory(bytes[i], "activations");
    else if (space == Space::host) grown[i] = on_device_->device.allocate_host(bytes[i], "activations");
    else grown[i] = on_device_->device.allocate(bytes[i], "activations");
  }
  if (!grows) return;
  for (const auto& shape : shapes_) wait_for_recordings(*shape);
  for (const auto& shape : shapes_) shape->recorded.clear();
  for (size_t i = 0; i < grown.size(); ++i)
    if (grown[i]) arena_[i] = std::move(grown[i]), arena_bytes_[i] = bytes[i];
}

// Upper bounds of all extents: whatever shape comes, its values fit where these would lie.
void ExecutionContext::plan_for_highest() {
  for (const Slot& s : plan_->slots) {
    Extents& highest = highest_extents_.emplace_back();
    if (s.place == Slot::late) continue;
    for (const Dim& d : s.type.shape) highest.push(std::max<int64_t>(0, d.range(profile_.ranges).high));
  }
  highest_ = plan_memory(*plan_, highest_extents_, workers_.threads());
  grow_arenas(highest_->arena_bytes);
}

void ExecutionContext::check_profile(const Binding& binding) const {
  for (const auto& [name, range] : profile_.ranges)
    if (auto it = binding.find(name); it != binding.end())
      check(range.low <= it->second && it->second <= range.high, ErrorId::shape_out_of_profile, "dimension '", name,
            "' is ", it->second, ", the profile allows ", range.low, " to ", range.high);
}

std::unique_ptr<ExecutionContext::Shape> ExecutionContext::bind(std::span<const Extents> inputs,
                                                                const Binding& given) const {
  auto shape = std::make_unique<Shape>();
  shape->inputs.assign(inputs.begin(), inputs.end());
  shape->given = given;
  Binding binding = bind_symbols(plan_->inputs, inputs, given);
  check_profile(binding);
  for (const OpenNode& n : plan_->open) n.check_at(binding);
  for (const Slot& s : plan_->slots) {
    if (s.place == Slot::late) {
      shape->extents.emplace_back();
      shape->bytes.push_back(0);
      continue;
    }
    shape->extents.push_back(at(s.type.shape, binding));
    for (int64_t d : shape->extents.back())
      check(d >= 0, ErrorId::shape_out_of_profile, "with these inputs '", s.name, "' would be ", shape->extents.back());
    shape->bytes.push_back(stored_bytes(shape->extents.back(), s.format));
  }
  shape->memory = highest_ ? *highest_ : plan_memory(*plan_, shape->extents, workers_.threads());
  for (size_t i = 0; highest_ && i < plan_->slots.size(); ++i)
    check(plan_->slots[i].place == Slot::late ||
              shape->bytes[i] <= stored_bytes(highest_extents_[i], plan_->slots[i].format),
          ErrorId::internal, "'", plan_->slots[i].name, "' is ", shape->extents[i], ", planned for at most ",
          highest_extents_[i]);
  auto view = [&](int s) {
    const Slot& slot = plan_->slots[size_t(s)];
    void* data = slot.weights ? const_cast<std::byte*>(slot.weights->data) : nullptr;
    return View{data, slot.format.element, shape->extents[size_t(s)]};
  };
  for (const Step& step : plan_->steps) {
    Shape::Views& views = shape->steps.emplace_back();
    for (int s : step.in) views.in.push_back(view(s));
    for (int s : step.out) views.out.push_back(view(s));
  }
  shape->count_tables();
  return shape;
}

void ExecutionContext::Shape::count_tables() {
  auto bytes = [](const auto& list) { return int64_t(list.size() * sizeof(list[0])); };
  held_bytes = bytes(extents) + bytes(this->bytes) + bytes(memory.slot_offset) + 2 * bytes(memory.scratch_offset);
  for (const Views& v : steps) held_bytes += int64_t(sizeof v) + bytes(v.in) + bytes(v.out);
}

// The oldest go when there are too many, or they hold too much; the newest stays whatever it holds.
void ExecutionContext::drop_old_shapes() {
  int64_t held = 0;
  size_t kept = 0;
  while (kept < shapes_.size() && kept < max_shapes && (held += shapes_[kept]->held_bytes) <= max_shapes_bytes) ++kept;
  while (shapes_.size() > std::max<size_t>(kept, 1)) {
    wait_for_recordings(*shapes_.back());
    shapes_.pop_back();
  }
}

void ExecutionContext::set_shapes(std::span<const Extents> inputs, const Binding& given) {
  check(inputs.size() == plan_->inputs.size(), "the network has ", plan_->inputs.size(), " inputs, found ",
        inputs.size());
  InUse guard(in_use_);
  auto is_same = [&](const Shape& s) {
    return std::equal(inputs.begin(), inputs.end(), s.inputs.begin()) && s.given == given;
  };
  if (now_ && is_same(*now_)) return;
  auto known = std::find_if(shapes_.begin(), shapes_.end(), [&](const auto& s) { return is_same(*s); });
  std::shared_ptr<Shape> shape;
  if (known != shapes_.end()) {
    shape = std::move(*known);
    shapes_.erase(known);
  } else {
    shape = bind(inputs, given);
    grow_arenas(shape->memory.arena_bytes);
  }
  shapes_.insert(shapes_.begin(), shape);
  now_ = shape.get();
  drop_old_shapes();
}

const Extents& ExecutionContext::input_extents(int i) const {
  check(now_, "set the shapes of the inputs first");
  return now_->inputs[size_t(i)];
}

const Extents& ExecutionContext::output_extents(int i) const {
  check(now_, "set the shapes of the inputs first");
  return now_->extents[size_t(plan_->outputs[size_t(i)].slot)];
}

bool ExecutionContext::has_late() const {
  for (int i = 0; i < int(plan_->outputs.size()); ++i)
    if (is_late(i)) return true;
  return false;
}

bool ExecutionContext::is_late(int output) const {
  return plan_->slots[size_t(plan_->outputs[size_t(output)].slot)].place == Slot::late;
}

ConstView ExecutionContext::late_result(int output) const {
  int slot = plan_->outputs[size_t(output)].slot;
  const Grown& grown = grown_[size_t(slot)];
  return {grown.memory.get(), plan_->slots[size_t(slot)].format.element, grown.extents};
}

// Half as much again as is asked for, so that results that grow bit by bit settle soon.
std::byte* ExecutionContext::Grown::room_for(int64_t wanted, const std::string& name) {
  if (wanted > bytes || !memory) {
    int64_t roomy = checked_add(wanted, wanted / 2);
    memory = allocate_memory(roomy, name.c_str());
    bytes = roomy;
  }
  return memory.get();
}

View ExecutionContext::StepResults::make(int result, const Extents& extents) {
  auto at = size_t(step->out[size_t(result)]);
  const Slot& slot = context.plan_->slots[at];
  context.grown_[at].extents = extents;
  return {context.grown_[at].room_for(stored_bytes(extents, slot.format), slot.name), slot.format.element, extents};
}

void ExecutionContext::set_addresses(std::span<const void* const> inputs, std::span<void* const> outputs) {
  auto address = [&](int s) -> void* {
    const Slot& slot = plan_->slots[size_t(s)];
    if (slot.place == Slot::input) return const_cast<void*>(inputs[size_t(slot.binding)]);
    if (slot.place == Slot::output) return outputs[size_t(slot.binding)];
    if (slot.place == Slot::late) return nullptr;
    if (slot.place == Slot::constant) return const_cast<std::byte*>(slot.weights->data);
    return arena_[size_t(slot.format.space)].get() + now_->memory.slot_offset[size_t(s)];
  };
  for (size_t i = 0; i < plan_->steps.size(); ++i) {
    const Step& step = plan_->steps[i];
    Shape::Views& views = now_->steps[i];
    for (size_t k = 0; k < step.in.size(); ++k) views.in[k].data = address(step.in[k]);
    for (size_t k = 0; k < step.out.size(); ++k) views.out[k].data = address(step.out[k]);
  }
}

void ExecutionContext::set_profiling(bool on) { step_ms_.assign(on ? plan_->steps.size() : 0, 0.0); }

void ExecutionContext::run_steps() {
  using clock = std::chrono::steady_clock;
  StepResults late(*this);
  for (size_t i = 0; i < plan_->steps.size(); ++i) {
    late.step = &plan_->steps[i];
    const Shape::Views& views = now_->steps[i];
    std::byte* scratch = arena_[0].get() + now_->memory.scratch_offset[i];
    clock::time_point start = step_ms_.empty() ? clock::time_point() : clock::now();
    plan_->steps[i].run->run({views.in, views.out, scratch, workers_, scratch + now_->memory.thread_scratch[i], nullptr,
                              states_[i].get(), &late});
    if (!step_ms_.empty()) step_ms_[i] += std::chrono::duration<double, std::milli>(clock::now() - start).count();
  }
}

void ExecutionContext::check_addresses(std::span<const void* const> inputs, std::span<void* const> outputs) const {
  check(now_, "set the shapes of the inputs first");
  check(inputs.size() == plan_->inputs.size() && outputs.size() == plan_->outputs.size(), "the network has ",
        plan_->inputs.size(), " inputs and ", plan_->outputs.size(), " outputs, found ", inputs.size(), " and ",
        outputs.size(), " addresses");
}

bool overlap(const void* a, int64_t a_bytes, const void* b, int64_t b_bytes) {
  auto x = reinterpret_cast<uintptr_t>(a), y = reinterpret_cast<uintptr_t>(b);
  return x < y + uintptr_t(b_bytes) && y < x + uintptr_t(a_bytes);
}

int64_t ExecutionContext::bytes_of(int slot) const { return now_->bytes[size_t(slot)]; }

// True where inputs lie that the output's step does not write over knowingly.
bool ExecutionContext::must_not_lie_at(size_t output, const void* address, std::span<const void* const> inputs) const {
  int at = plan_->outputs[output].slot;
  const Slot& slot = plan_->slots[size_t(at)];
  int over = slot.place == Slot::output && slot.binding == int(output) ? slot.over : -1;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (overlap(address, bytes_of(at), inputs[i], bytes_of(plan_->inputs[i].slot)) &&
        !(int(i) == over && address == inputs[i]))
      return true;
  return false;
}

// Outputs that no step writes: inputs, constants, and values asked for twice.
void ExecutionContext::finish_outputs(std::span<const void* const> inputs, std::span<void* const> outputs,
                                      void* stream) {
  for (size_t i = 0; i < plan_->outputs.size(); ++i) {
    const Slot& slot = plan_->slots[size_t(plan_->outputs[i].slot)];
    if (slot.place == Slot::late || (slot.place == Slot::output && slot.binding == int(i))) continue;
    const void* from = slot.place == Slot::input    ? inputs[size_t(slot.binding)]
                       : slot.place == Slot::output ? outputs[size_t(slot.binding)]
                                                    : slot.weights->data;
    copy_output(outputs[i], from, bytes_of(plan_->outputs[i].slot), stream);
  }
}

void ExecutionContext::copy_output(void* to, const void* from, int64_t bytes, void* stream) {
  if (to == from || bytes == 0) return;
  if (on_device_) on_device_->device.copy(to, from, bytes, stream);
  else std::memcpy(to, from, size_t(bytes));
}

void ExecutionContext::run(std::span<const void* const> inputs, std::span<void* const> outputs) {
  InUse guard(in_use_);
  if (on_device_) return run_on_device(inputs, outputs);
  check_addresses(inputs, outputs);
  targets_.assign(outputs.begin(), outputs.end());
  for (size_t i = 0; i < outputs.size(); ++i)
    if (!is_late(int(i)) && must_not_lie_at(i, outputs[i], inputs))
      targets_[i] = made_aside_[i].room_for(bytes_of(plan_->outputs[i].slot), plan_->outputs[i].name);
  set_addresses(inputs, targets_);
  run_steps();
  finish_outputs(inputs, targets_, nullptr);
  for (size_t i = 0; i < outputs.size(); ++i)
    if (!is_late(int(i))) copy_output(outputs[i], targets_[i], bytes_of(plan_->outputs[i].slot), nullptr);
}

}  // namespace tenon
