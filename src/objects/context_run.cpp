// Context: addresses of one caller, and its work in the order of the program's stream.
#include "objects/convert.h"
#include "objects/engine.h"
#include "objects/shape_check.h"
#include "objects/work.h"

namespace tenon::objects {

void Context::set_tensor_address(const char* io_name, void* address) {
  addresses_[size_t(owner_->io_index(io_name))] = address;
}

void Context::set_input_tensor_address(const char* io_name, const void* address) {
  int32_t i = owner_->io_index(io_name);
  check(owner_->io_is_input(i), "'", io_name, "' is an output");
  addresses_[size_t(i)] = const_cast<void*>(address);
}

const void* Context::tensor_address(const char* io_name) const { return addresses_[size_t(owner_->io_index(io_name))]; }

void Context::set_output_allocator(const char* io_name, std::shared_ptr<OutputMemory> memory) {
  int32_t i = owner_->io_index(io_name);
  check(!owner_->io_is_input(i), "'", io_name, "' is an input; the program brings its memory along");
  memories_[size_t(i)] = std::move(memory);
}

std::shared_ptr<OutputMemory> Context::output_allocator(const char* io_name) const {
  return memories_[size_t(owner_->io_index(io_name))];
}

static size_t bytes_of(const Dims& dims, DataType type) {
  return size_t(checked_mul(extents_of(dims).count(), size_bytes(element_of(type))));
}

void* Context::memory_of(int32_t i, const Dims& dims, void* now, void* stream) {
  const Port& port = owner_->port(i);
  OutputMemory* memory = memories_[size_t(i)].get();
  size_t bytes = bytes_of(dims, port.type);
  if (memory) {
    constexpr uint64_t alignment = 256;
    now = memory->reallocate(port.name.c_str(), now, bytes, alignment, stream);
    check(now || bytes == 0, ErrorId::out_of_memory, "the output allocator of '", port.name, "' has no ", bytes,
          " bytes");
    memory->notify_shape(port.name.c_str(), dims);
  }
  check(now || bytes == 0, "no address is set for '", port.name, "'");
  return now;
}

void Context::enqueue(const std::vector<void*>& addresses, void* stream, std::shared_ptr<std::exception_ptr> failure) {
  auto job = std::make_unique<Job>();
  for (int32_t i = 0; i < owner_->input_count; ++i) {
    const Port& port = owner_->port(i);
    check(!is_open(inputs_[size_t(i)]), "set the shape of input '", port.name, "' first; it is ",
          to_text(inputs_[size_t(i)]));
    check(port.elements.empty() || has_values(i, addresses[size_t(i)]), "the values of input '", port.name,
          "' decide extents: set them, or its address, first");
  }
  job->shapes = shapes_with(*told_by(addresses));
  if (allowed_.extents != job->shapes.extents || allowed_.told != job->shapes.told) {
    owner_->assertions->run(job->shapes.extents, job->shapes.told);
    allowed_ = job->shapes;
  }
  found_.assign(found_.size(), {});
  for (int32_t i = 0; i < owner_->input_count; ++i) add_input(*job, i, addresses[size_t(i)]);
  std::vector<int32_t> late;
  for (int32_t i = owner_->input_count; i < owner_->nb_io(); ++i) {
    const Port& port = owner_->port(i);
    Dims dims = output_shape(i - owner_->input_count, job->shapes);
    void* address = addresses[size_t(i)];
    if (is_open(dims)) {
      late.push_back(i);
      check(address || memories_[size_t(i)], "a run finds out the extents of '", port.name, "', which is ",
            to_text(dims), ": give it an output allocator, or an address with room for getMaxOutputSize bytes");
    }
    job->out.push_back(is_open(dims) ? nullptr : memory_of(i, dims, address, stream));
    job->out_bytes.push_back(is_open(dims) ? 0 : bytes_of(dims, port.type));
  }
  job->work = work_.get();
  job->failure = std::move(failure);
  work_->reporter.sink = sink;
  ProgramRuntime runtime = program_runtime();
  if (!late.empty()) {
    std::scoped_lock lock(work_->mutex);
    work_->run_now(*job, runtime, stream);
    return finish_late(late, addresses, stream);
  }
  if (runtime.is_there()) work_->enqueue(std::move(job), runtime, stream);
  else work_->run(*job);
}

void Context::add_input(Job& job, int32_t i, void* address) const {
  const Port& port = owner_->port(i);
  size_t bytes = bytes_of(dims_of(job.shapes.extents[size_t(i)]), port.type);
  if (const auto& held = values_[size_t(i)]) {
    job.held.push_back(held);
    address = const_cast<char*>(held->data());
  }
  check(address || bytes == 0, "no address is set for '", port.name, "'");
  job.in.push_back(address);
  job.in_bytes.push_back(bytes);
}

// Memory for what a run has found out is asked for by the thread that enqueues it: that is where a program may
// allocate.
void Context::finish_late(const std::vector<int32_t>& late, const std::vector<void*>& addresses, void* stream) {
  ProgramRuntime runtime = program_runtime();
  for (int32_t i : late) {
    ConstView made = work_->context.result(i - owner_->input_count);
    Dims dims = dims_of(made.extents);
    void* address = memory_of(i, dims, addresses[size_t(i)], stream);
    Work::copy_out(address, made.data, bytes_of(dims, owner_->port(i).type), runtime, stream);
    found_[size_t(i)] = dims;
  }
}

void Context::enqueue_v3(void* stream) {
  check_explicit();
  enqueue(addresses_, stream);
}

void Context::check_explicit() const {
  check(!owner_->has_implicit_batch(), ErrorId::unsupported,
        "this engine has an implicit batch: run it by execute or enqueue, which say how large that is");
}

void Context::set_batch(int32_t batch) {
  int32_t most = owner_->max_batch_size();
  check(batch >= 1 && batch <= most, ErrorId::shape_out_of_profile, "the batch is ", batch, ", ",
        owner_->has_implicit_batch() ? "the engine takes 1 to " : "an engine with explicit batch takes 1 to ", most);
  batch_ = batch;
}

// Those of the profile that is chosen; the others are not looked at.
std::vector<void*> Context::addresses_of(void* const* bindings) const {
  check(bindings, "the array of bindings is null");
  void* const* first = bindings + size_t(profile_) * owner_->ports.size();
  return {first, first + owner_->nb_io()};
}

void Context::enqueue_v2(void* const* bindings, void* stream, void* consumed) {
  check_explicit();
  enqueue_bindings(bindings, stream, consumed);
}

void Context::enqueue_batch(int32_t batch, void* const* bindings, void* stream, void* consumed) {
  set_batch(batch);
  enqueue_bindings(bindings, stream, consumed);
}

void Context::execute_v2(void* const* bindings) {
  check_explicit();
  run_and_wait(bindings);
}

void Context::execute(int32_t batch, void* const* bindings) {
  set_batch(batch);
  run_and_wait(bindings);
}

void Context::enqueue_bindings(void* const* bindings, void* stream, void* consumed) {
  enqueue(addresses_of(bindings), stream);
  ProgramRuntime runtime = program_runtime();
  if (consumed && *static_cast<void**>(consumed) && runtime.event_record)
    check_runtime(runtime.event_record(*static_cast<void**>(consumed), stream), "cudaEventRecord");
}

void Context::run_and_wait(void* const* bindings) {
  ProgramRuntime runtime = program_runtime();
  auto failure = std::make_shared<std::exception_ptr>();
  enqueue(addresses_of(bindings), nullptr, failure);
  if (runtime.is_there()) check_runtime(runtime.synchronize(nullptr), "cudaStreamSynchronize");
  if (*failure) std::rethrow_exception(*failure);
}

}  // namespace tenon::objects
