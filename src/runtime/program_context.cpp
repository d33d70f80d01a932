#include "runtime/program_context.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/memory.h"
#include "devices/device.h"

namespace tenon {

// The symbol that an extent is by itself, or null.
static const std::string* symbol_alone(const Dim& d, std::map<std::string, int>& symbols) {
  symbols.clear();
  d.symbols(symbols);
  bool alone = symbols.size() == 1 && d == Dim::symbol(symbols.begin()->first);
  return alone ? &symbols.begin()->first : nullptr;
}

// A stage may have fewer, where the program gives a value twice, or more: what binds extents that nobody needs.
static bool outputs_are_those_of_its_stage(const Program& program) {
  bool same = program.outputs.size() == program.stages.front().plan->outputs.size();
  for (size_t i = 0; same && i < program.outputs.size(); ++i)
    same = program.outputs[i].from.stage == 0 && program.outputs[i].from.index == int(i);
  return same;
}

ProgramContext::ProgramContext(std::shared_ptr<const Program> program, int threads) : program_(std::move(program)) {
  for (const Program::Stage& stage : program_->stages) {
    Stage& made = stages_.emplace_back();
    const Profile* profile = stages_.size() == 1 ? &program_->profile : nullptr;
    made.context = std::make_unique<ExecutionContext>(stage.plan, threads, profile);
    prepare(made, stage);
  }
  direct_ = stages_.size() == 1 && !stages_.front().context->has_late() && outputs_are_those_of_its_stage(*program_);
}

void ProgramContext::prepare(Stage& made, const Program::Stage& of) {
  const Plan& plan = *of.plan;
  made.values.resize(plan.outputs.size());
  made.memory.resize(plan.outputs.size());
  std::set<std::string> of_inputs;
  std::map<std::string, int> symbols;
  for (const Bound& in : plan.inputs)
    for (const Dim& d : in.type.shape)
      if (const std::string* name = symbol_alone(d, symbols)) of_inputs.insert(*name);
  for (const std::string& name : of.symbols)
    if (!of_inputs.contains(name)) made.asks.emplace_back(name, &told_[name]);
  for (size_t i = 0; i < plan.outputs.size(); ++i)
    for (size_t d = 0; d < plan.outputs[i].type.shape.size(); ++d)
      if (const std::string* name = symbol_alone(plan.outputs[i].type.shape[d], symbols))
        made.extents_tell.push_back({int(i), int(d), &told_[*name]});
  for (const StageGraph::Contents& c : of.contents)
    for (size_t i = 0; i < c.symbols.size(); ++i)
      made.elements_tell.push_back({c.output, int(i), &told_[to_text(c.symbols[i])]});
}

static bool all_bound(const Shape& shape, const Binding& binding) {
  std::map<std::string, int> symbols;
  for (const Dim& d : shape) d.symbols(symbols);
  return std::all_of(symbols.begin(), symbols.end(), [&](const auto& s) { return binding.contains(s.first); });
}

void ProgramContext::set_shapes(std::span<const Extents> inputs, const Binding& given) {
  stages_.front().context->set_shapes(inputs, given);
  if (direct_) return;
  if (bound_ && given == given_ && std::equal(inputs.begin(), inputs.end(), inputs_.begin(), inputs_.end())) return;
  bound_ = false;  // and stays so if anything below refuses
  early_ = bind_symbols(program_->inputs(), inputs, given);
  given_ = given;
  outputs_.clear();
  for (const Program::Output& out : program_->outputs)
    outputs_.push_back(all_bound(out.type.shape, early_) ? std::optional(at(out.type.shape, early_)) : std::nullopt);
  inputs_.assign(inputs.begin(), inputs.end());
  bound_ = true;
}

std::optional<Extents> ProgramContext::output_extents(int i) const {
  if (direct_) return stages_.front().context->output_extents(program_->outputs[size_t(i)].from.index);
  return outputs_[size_t(i)];
}

ConstView ProgramContext::result(int i) const {
  const Source& from = program_->outputs[size_t(i)].from;
  check(from.stage >= 0, ErrorId::invalid_argument, "output ", i, " is an input of the program");
  return stages_[size_t(from.stage)].values[size_t(from.index)];
}

void ProgramContext::run(std::span<const void* const> inputs, std::span<void* const> outputs) {
  bool has_all = std::find(outputs.begin(), outputs.end(), nullptr) == outputs.end();
  if (direct_ && has_all) return stages_.front().context->run(inputs, outputs);
  choose_targets(inputs, outputs);
  for (auto& [name, told] : told_) told.now = false;
  for (const auto& [name, number] : early_)
    if (auto it = told_.find(name); it != told_.end()) it->second.tell(number);
  for (int s = 0; s < int(stages_.size()); ++s) run_stage(s, inputs);
  finish(outputs);
}

void ProgramContext::enqueue(std::span<const void* const> inputs, std::span<void* const> outputs, void* stream) {
  if (direct_) return stages_.front().context->enqueue(inputs, outputs, stream);
  stages_.front().context->device().synchronize(stream);
  run(inputs, outputs);
}

// An output that lies on an input waits for the last stage to have read that.
void ProgramContext::choose_targets(std::span<const void* const> inputs, std::span<void* const> outputs) {
  check(outputs.size() == program_->outputs.size(), "the network has ", program_->outputs.size(), " outputs, found ",
        outputs.size(), " addresses");
  targets_.assign(outputs.begin(), outputs.end());
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::optional<Extents> extents = output_extents(int(i));
    check(!outputs[i] || extents, ErrorId::not_known, "the extents of output '", program_->outputs[i].name,
          "' follow from values; give it no address and read it after the run");
    if (!outputs[i]) continue;
    int64_t bytes = checked_mul(extents->count(), size_bytes(program_->outputs[i].type.element));
    for (size_t k = 0; k < inputs.size(); ++k) {
      const Extents& in = stages_.front().context->input_extents(int(k));
      int64_t in_bytes = checked_mul(in.count(), size_bytes(program_->inputs()[k].type.element));
      if (overlap(outputs[i], bytes, inputs[k], in_bytes)) targets_[i] = nullptr;
    }
  }
}

// Results that the caller has an address for are made there, all others in memory that grows and stays.
void* ProgramContext::place_of(int s, int output) {
  Stage& stage = stages_[size_t(s)];
  for (size_t k = 0; k < targets_.size(); ++k) {
    const Source& from = program_->outputs[k].from;
    if (targets_[k] && from.stage == s && from.index == output) return targets_[k];
  }
  const Bound& bound = program_->stages[size_t(s)].plan->outputs[size_t(output)];
  int64_t bytes = checked_mul(stage.context->output_extents(output).count(), size_bytes(bound.type.element));
  Memory& memory = stage.memory[size_t(output)];
  if (bytes > memory.bytes || !memory.data)
    memory = {allocate_memory(bytes + bytes / 2, bound.name.c_str()), bytes + bytes / 2};
  return memory.data.get();
}

void ProgramContext::run_stage(int s, std::span<const void* const> inputs) {
  const Program::Stage& of = program_->stages[size_t(s)];
  Stage& stage = stages_[size_t(s)];
  stage.extents.clear(), stage.in.clear(), stage.out.clear();
  for (const Source& source : of.inputs) {
    auto i = size_t(source.index);
    const ConstView* made = source.stage < 0 ? nullptr : &stages_[size_t(source.stage)].values[i];
    stage.extents.push_back(made ? made->extents : stages_.front().context->input_extents(int(i)));
    stage.in.push_back(made ? made->data : inputs[i]);
  }
  for (const auto& [name, told] : stage.asks)
    if (told->now) stage.given[name] = told->number;
    else stage.given.erase(name);
  ExecutionContext& context = *stage.context;
  context.set_shapes(stage.extents, stage.given);
  int results = int(of.plan->outputs.size());
  for (int i = 0; i < results; ++i) {
    stage.out.push_back(context.is_late(i) ? nullptr : place_of(s, i));
    if (stage.out.back())
      stage.values[size_t(i)] = {stage.out.back(), of.plan->outputs[size_t(i)].type.element, context.output_extents(i)};
  }
  context.run(stage.in, stage.out);
  for (int i = 0; i < results; ++i)
    if (context.is_late(i)) stage.values[size_t(i)] = context.late_result(i);
  learn(stage);
}

void ProgramContext::learn(Stage& stage) {
  for (const Stage::Extent& e : stage.extents_tell) e.told->tell(stage.values[size_t(e.output)].extents[e.axis]);
  for (const Stage::Element& e : stage.elements_tell) {
    const ConstView& value = stage.values[size_t(e.output)];
    const auto* from = static_cast<const std::byte*>(value.data);
    int64_t number = load_scalar(from + e.element * size_bytes(value.element), value.element).i;
    check(number >= 0, ErrorId::shape_out_of_profile, "element ", e.element, " of '",
          stage.context->output_name(e.output), "' decides extents and is ", number);
    e.told->number = number, e.told->now = true;
  }
}

// Outputs that were asked for twice, those that are inputs, those that lie on inputs, and those that came with late
// ones.
void ProgramContext::finish(std::span<void* const> outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    ConstView made = result(int(i));
    int64_t bytes = checked_mul(made.count(), size_bytes(made.element));
    check(!outputs[i] || made.extents == *output_extents(int(i)), ErrorId::internal, "output '",
          program_->outputs[i].name, "' is ", made.extents, ", planned as ", *output_extents(int(i)));
    if (outputs[i] && made.data != outputs[i] && bytes) std::memcpy(outputs[i], made.data, size_t(bytes));
  }
}

void ProgramContext::set_profiling(bool on) {
  for (Stage& stage : stages_) stage.context->set_profiling(on);
}

std::vector<double> ProgramContext::step_ms() const {
  std::vector<double> all;
  for (const Stage& stage : stages_)
    all.insert(all.end(), stage.context->step_ms().begin(), stage.context->step_ms().end());
  return all;
}

int64_t ProgramContext::arena_bytes() const {
  int64_t bytes = 0;
  for (const Stage& stage : stages_) bytes += stage.context->arena_bytes();
  return bytes;
}

}  // namespace tenon
