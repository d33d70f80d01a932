// A run of a plan with a device: copies at the border, then the steps, launched one by one or as a recording.
#include "runtime/on_device.h"

#include <algorithm>
#include <chrono>

namespace tenon {

constexpr size_t max_recordings = 4;  // of one shape: for programs that alternate between buffers

void ExecutionContext::OnDevice::rethrow() {
  std::scoped_lock lock(mutex);
  std::exception_ptr first = std::exchange(error, nullptr);
  for (const auto& state : states) try {
      if (state) state->check_run();
    } catch (...) {  // all forget what they found: the next run has faults of its own
      if (!first) first = std::current_exception();
    }
  if (first) std::rethrow_exception(first);
}

void ExecutionContext::OnDevice::finish() {
  try {
    last_run->wait();
  } catch (const Error&) {  // a device that is lost has nothing left to wait for
  }
}

ExecutionContext::OnDevice::Marking::~Marking() {
  if (stream) try {
      at.last_run->set(*stream);
    } catch (const Error&) {  // a device that is lost has nothing left to wait for
    }
}

void ExecutionContext::OnDevice::call(void* host_call) {
  auto* c = static_cast<HostCall*>(host_call);
  std::unique_ptr<HostCall> owned(c->once ? c : nullptr);
  try {
    StepResults late(*c->context, c->step);
    c->step->run->run({c->in, c->out, c->scratch, c->context->workers_, c->threads_scratch, nullptr, c->state, &late});
  } catch (...) {
    OnDevice& at = *c->context->on_device_;
    std::scoped_lock lock(at.mutex);
    if (!at.error) at.error = std::current_exception();
  }
}

// What a stream is given: every step in order. `recorded` takes the host steps that a recording runs again.
void ExecutionContext::enqueue_steps(void* stream, Recorded* recorded) {
  for (size_t i = 0; i < plan_->steps.size(); ++i) {
    const Step& step = plan_->steps[i];
    const Shape::Views& views = now_->steps[i];
    std::byte* scratch = arena_[size_t(step.space)].get() + now_->memory.scratch_offset[i];
    if (step.space == Space::device) {
      step.run->run({views.in, views.out, scratch, workers_, nullptr, stream, states_[i].get()});
      continue;
    }
    auto call = std::make_unique<HostCall>(HostCall{&step, states_[i].get(), views.in, views.out, scratch,
                                                    scratch + now_->memory.thread_scratch[i], this, !recorded});
    on_device_->device.call_host(OnDevice::call, call.get(), stream);
    if (recorded) recorded->host_calls.push_back(std::move(call));
    else call.release();
  }
}

// Each step by itself, waited for: profiles are looked at, not shipped.
void ExecutionContext::time_steps(void* stream) {
  using clock = std::chrono::steady_clock;
  Device& device = on_device_->device;
  for (size_t i = 0; i < plan_->steps.size(); ++i) {
    const Step& step = plan_->steps[i];
    const Shape::Views& views = now_->steps[i];
    std::byte* scratch = arena_[size_t(step.space)].get() + now_->memory.scratch_offset[i];
    device.synchronize(stream);
    clock::time_point start = clock::now();
    StepResults late(*this, &step);
    step.run->run({views.in, views.out, scratch, workers_, scratch + now_->memory.thread_scratch[i], stream,
                   states_[i].get(), &late});
    device.synchronize(stream);
    step_ms_[i] += std::chrono::duration<double, std::milli>(clock::now() - start).count();
  }
}

// A program's addresses where they can stay; memory of ours on the device for those in the host's memory.
void* ExecutionContext::at_device(size_t binding, void* address, int64_t bytes) {
  bool stays = bytes == 0 || on_device_->device.space_of(address) == Space::device;
  return stays ? address : staging(binding, bytes);
}

std::byte* ExecutionContext::staging(size_t binding, int64_t bytes) {
  now_->staging.resize(plan_->inputs.size() + plan_->outputs.size());
  std::shared_ptr<std::byte>& stand_in = now_->staging[binding];
  if (!stand_in) {
    stand_in = on_device_->device.allocate(bytes, "an input or output");
    now_->held_bytes += bytes;
  }
  return stand_in.get();
}

bool ExecutionContext::Shape::came_before(const std::vector<const void*>& addresses) {
  if (std::find(seen.begin(), seen.end(), addresses) != seen.end()) return true;
  if (seen.size() < max_recordings) seen.push_back(addresses);
  else seen[std::exchange(oldest_seen, (oldest_seen + 1) % max_recordings)] = addresses;
  return false;
}

void ExecutionContext::launch(void* stream, bool captured) {
  const std::vector<const void*>& addresses = on_device_->addresses;
  if (captured) {
    Recorded& of_program = captured_.emplace_back();
    of_program.keeps = {arena_[0], arena_[1], shapes_.front()};
    return enqueue_steps(stream, &of_program);
  }
  if (!step_ms_.empty()) return time_steps(stream);
  auto& recorded = now_->recorded;
  auto known =
      std::find_if(recorded.begin(), recorded.end(), [&](const Recorded& r) { return r.addresses == addresses; });
  if (known != recorded.end()) return known->recording->launch(stream);
  if (!now_->came_before(addresses)) return enqueue_steps(stream, nullptr);
  Recorded made{addresses, {}, nullptr, {}};
  void* aside = on_device_->recording_stream.get();
  made.recording = record(on_device_->device, aside, [&] { enqueue_steps(aside, &made); });
  if (recorded.size() >= max_recordings) {
    wait_for_recordings(*now_);
    recorded.erase(recorded.begin());
  }
  recorded.push_back(std::move(made));
  recorded.back().recording->launch(stream);
}

void ExecutionContext::enqueue(std::span<const void* const> inputs, std::span<void* const> outputs, void* stream) {
  InUse guard(in_use_);
  enqueue_in_use(inputs, outputs, stream);
}

void ExecutionContext::run_on_device(std::span<const void* const> inputs, std::span<void* const> outputs) {
  void* stream = on_device_->stream.get();
  try {
    enqueue_in_use(inputs, outputs, stream);
    on_device_->device.synchronize(stream);
  } catch (...) {
    on_device_->finish();   // what was enqueued has the program's addresses, which are its own again
    on_device_->rethrow();  // a host step that failed says why
    throw;
  }
  on_device_->rethrow();
}

void ExecutionContext::enqueue_in_use(std::span<const void* const> inputs, std::span<void* const> outputs,
                                      void* stream) {
  check_addresses(inputs, outputs);
  check(on_device_ != nullptr, ErrorId::internal, "a plan of the CPU alone was enqueued");
  on_device_->rethrow();
  Device& device = on_device_->device;
  bool captured = device.is_recording(stream);
  check(!captured || step_ms_.empty(), ErrorId::unsupported,
        "a run that a stream records cannot be profiled; switch profiling off");
  OnDevice::Marking to_the_end(*on_device_, captured ? nullptr : &stream);
  auto &in = on_device_->in, &addresses = on_device_->addresses;
  auto& out = on_device_->out;
  in.assign(inputs.begin(), inputs.end());
  out.assign(outputs.begin(), outputs.end());
  for (size_t i = 0; i < in.size(); ++i) {
    int64_t size = bytes_of(plan_->inputs[i].slot);
    in[i] = at_device(i, const_cast<void*>(inputs[i]), size);
    if (in[i] != inputs[i]) device.copy(const_cast<void*>(in[i]), inputs[i], size, stream);
  }
  for (size_t i = 0; i < out.size(); ++i) {
    if (is_late(int(i))) continue;
    int64_t size = bytes_of(plan_->outputs[i].slot);
    out[i] = at_device(in.size() + i, outputs[i], size);
    if (size && must_not_lie_at(i, out[i], in)) out[i] = staging(in.size() + i, size);
  }
  addresses.assign(in.begin(), in.end());
  addresses.insert(addresses.end(), out.begin(), out.end());
  set_addresses(in, out);
  launch(stream, captured);
  finish_outputs(in, out, stream);
  for (size_t i = 0; i < out.size(); ++i)
    if (!is_late(int(i))) copy_output(outputs[i], out[i], bytes_of(plan_->outputs[i].slot), stream);
}

}  // namespace tenon
