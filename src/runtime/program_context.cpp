#include "runtime/program_context.h"

#include <algorithm>
#include <cstring>

#include "base/memory.h"
#include "devices/device.h"

namespace tenon {

ProgramContext::ProgramContext(std::shared_ptr<const Program> program, int threads) : program_(std::move(program)) {
  for (const Program::Stage& stage : program_->stages) {
    contexts_.push_back(std::make_unique<ExecutionContext>(stage.plan, threads));
    values_.emplace_back(stage.plan->outputs.size());
    memory_.emplace_back(stage.plan->outputs.size());
  }
  direct_ = contexts_.size() == 1 && !contexts_.front()->has_late();
}

void ProgramContext::set_shapes(std::span<const Extents> inputs) {
  contexts_.front()->set_shapes(inputs);
  inputs_.assign(inputs.begin(), inputs.end());
  if (!direct_) early_ = bind_symbols(program_->inputs(), inputs, {});
}

static bool all_bound(const Shape& shape, const Binding& binding) {
  std::map<std::string, int> symbols;
  for (const Dim& d : shape) d.symbols(symbols);
  return std::all_of(symbols.begin(), symbols.end(), [&](const auto& s) { return binding.contains(s.first); });
}

std::optional<Extents> ProgramContext::output_extents(int i) const {
  const Program::Output& out = program_->outputs[size_t(i)];
  if (direct_) return contexts_.front()->output_extents(out.from.index);
  return all_bound(out.type.shape, early_) ? std::optional(at(out.type.shape, early_)) : std::nullopt;
}

ConstView ProgramContext::result(int i) const {
  const Source& from = program_->outputs[size_t(i)].from;
  check(from.stage >= 0, ErrorId::invalid_argument, "output ", i, " is an input of the program");
  return values_[size_t(from.stage)][size_t(from.index)];
}

void ProgramContext::check_outputs(std::span<void* const> outputs) const {
  check(outputs.size() == program_->outputs.size(), "the network has ", program_->outputs.size(), " outputs, found ",
        outputs.size(), " addresses");
  for (size_t i = 0; i < outputs.size(); ++i)
    check(!outputs[i] || output_extents(int(i)), ErrorId::not_known, "the extents of output '",
          program_->outputs[i].name, "' follow from values; give it no address and read it after the run");
}

void ProgramContext::run(std::span<const void* const> inputs, std::span<void* const> outputs) {
  bool has_all = std::find(outputs.begin(), outputs.end(), nullptr) == outputs.end();
  if (direct_ && has_all) return contexts_.front()->run(inputs, outputs);
  check_outputs(outputs);
  known_ = early_;
  for (int s = 0; s < int(contexts_.size()); ++s) run_stage(s, inputs, outputs);
  finish(outputs);
}

void ProgramContext::enqueue(std::span<const void* const> inputs, std::span<void* const> outputs, void* stream) {
  if (direct_) return contexts_.front()->enqueue(inputs, outputs, stream);
  contexts_.front()->device().synchronize(stream);
  run(inputs, outputs);
}

// Results that the caller has an address for are made there, all others in memory that grows and stays.
void ProgramContext::run_stage(int s, std::span<const void* const> inputs, std::span<void* const> outputs) {
  const Program::Stage& stage = program_->stages[size_t(s)];
  ExecutionContext& context = *contexts_[size_t(s)];
  std::vector<Extents> extents;
  std::vector<const void*> in;
  for (const Source& source : stage.inputs) {
    auto i = size_t(source.index);
    extents.push_back(source.stage < 0 ? inputs_[i] : values_[size_t(source.stage)][i].extents);
    in.push_back(source.stage < 0 ? inputs[i] : values_[size_t(source.stage)][i].data);
  }
  Binding given;
  for (const std::string& name : stage.symbols)
    if (auto it = known_.find(name); it != known_.end()) given.insert(*it);
  context.set_shapes(extents, given);
  std::vector<void*> out;
  for (size_t i = 0; i < stage.plan->outputs.size(); ++i) {
    out.push_back(nullptr);
    if (context.is_late(int(i))) continue;
    const TensorType& type = stage.plan->outputs[i].type;
    int64_t bytes = checked_mul(context.output_extents(int(i)).count(), size_bytes(type.element));
    for (size_t k = 0; k < outputs.size() && !out.back(); ++k) {
      const Source& from = program_->outputs[k].from;
      if (from.stage == s && from.index == int(i)) out.back() = outputs[k];
    }
    if (!out.back()) {
      Memory& memory = memory_[size_t(s)][i];
      if (bytes > memory.bytes || !memory.data)
        memory = {allocate_memory(bytes + bytes / 2, stage.plan->outputs[i].name.c_str()), bytes + bytes / 2};
      out.back() = memory.data.get();
    }
    values_[size_t(s)][i] = {out.back(), type.element, context.output_extents(int(i))};
  }
  context.run(in, out);
  for (size_t i = 0; i < out.size(); ++i)
    if (context.is_late(int(i))) values_[size_t(s)][i] = context.late_result(int(i));
  learn(s);
}

void ProgramContext::learn(int s) {
  const Program::Stage& stage = program_->stages[size_t(s)];
  for (size_t i = 0; i < stage.plan->outputs.size(); ++i) {
    const Shape& shape = stage.plan->outputs[i].type.shape;
    for (size_t d = 0; d < shape.size(); ++d) {
      std::map<std::string, int> symbols;
      shape[d].symbols(symbols);
      if (symbols.size() == 1 && shape[d] == Dim::symbol(symbols.begin()->first))
        known_.try_emplace(symbols.begin()->first, values_[size_t(s)][i].extents[int(d)]);
    }
  }
  for (const StageGraph::Contents& c : stage.contents) {
    const ConstView& value = values_[size_t(s)][size_t(c.output)];
    const auto* from = static_cast<const std::byte*>(value.data);
    for (size_t i = 0; i < c.symbols.size(); ++i) {
      int64_t number = load_scalar(from + int64_t(i) * size_bytes(value.element), value.element).i;
      check(number >= 0, ErrorId::shape_out_of_profile, "element ", i, " of '",
            stage.plan->outputs[size_t(c.output)].name, "' decides extents and is ", number);
      known_[to_text(c.symbols[i])] = number;
    }
  }
}

// Outputs that were asked for twice, those that are inputs, and those that came with late ones.
void ProgramContext::finish(std::span<void* const> outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Source& from = program_->outputs[i].from;
    ConstView made = values_[size_t(from.stage)][size_t(from.index)];
    int64_t bytes = checked_mul(made.count(), size_bytes(made.element));
    check(!outputs[i] || made.extents == *output_extents(int(i)), ErrorId::internal, "output '",
          program_->outputs[i].name, "' is ", made.extents, ", planned as ", *output_extents(int(i)));
    if (outputs[i] && made.data != outputs[i] && bytes) std::memcpy(outputs[i], made.data, size_t(bytes));
  }
}

void ProgramContext::set_profiling(bool on) {
  for (auto& context : contexts_) context->set_profiling(on);
}

std::vector<double> ProgramContext::step_ms() const {
  std::vector<double> all;
  for (const auto& context : contexts_) all.insert(all.end(), context->step_ms().begin(), context->step_ms().end());
  return all;
}

int64_t ProgramContext::arena_bytes() const {
  int64_t bytes = 0;
  for (const auto& context : contexts_) bytes += context->arena_bytes();
  return bytes;
}

}  // namespace tenon
