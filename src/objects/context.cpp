// Context: shapes and addresses of one caller, and its work in the order of the program's stream.
#include <algorithm>

#include "objects/convert.h"
#include "objects/engine.h"
#include "objects/program_runtime.h"
#include "objects/shape_check.h"
#include "runtime/program_context.h"
#include "tenon/build.h"

namespace tenon::objects {

namespace {

constexpr int device_to_host = 2, host_to_device = 1;

void check_runtime(int status, const char* call) {
  check(status == 0, ErrorId::device, call, " of the program's CUDA runtime failed with error ", status);
}

}  // namespace

// What runs may outlive the context that enqueued it.
struct Context::Work : std::enable_shared_from_this<Work> {
  struct Job {
    Work* work;
    std::shared_ptr<Work> keep;  // until it has run; a captured job belongs to its Work instead
    std::vector<Extents> shapes;
    std::vector<const void*> in;
    std::vector<void*> out;
    std::vector<size_t> in_bytes, out_bytes;
    std::shared_ptr<std::exception_ptr> failure;  // for a caller who waits; null: it is reported
  };

  std::mutex mutex;  // one at a time: the program asks for shapes while earlier work runs
  ProgramContext context;
  Object reporter;
  std::vector<std::unique_ptr<Job>> captured;    // a program's graph runs them again and again
  std::vector<std::shared_ptr<void>> all_pages;  // page-locked; earlier work may still use old ones
  std::vector<std::pair<void*, size_t>> pages;   // by input and output: what stands in for a device's memory

  explicit Work(const Engine& engine) : context(engine.built->program, 0), pages(engine.ports.size()) {}

  void run(const Job& job) {
    std::scoped_lock lock(mutex);
    context.set_shapes(job.shapes);
    context.run(job.in, job.out);
  }

  Extents output(int i, const std::vector<Extents>& shapes) {
    std::scoped_lock lock(mutex);
    context.set_shapes(shapes);
    std::optional<Extents> extents = context.output_extents(i);
    check(extents.has_value(), ErrorId::unsupported, "the extents of output ", i, " are known after a run alone");
    return *extents;
  }

  static void on_stream(void* argument) {
    std::unique_ptr<Job> job(static_cast<Job*>(argument));
    try {
      job->work->run(*job);
    } catch (...) {
      if (job->failure) *job->failure = std::current_exception();
      else job->work->reporter.report_exception("IExecutionContext::enqueue");
    }
    if (!job->keep) job.release();
  }

  void* stage(size_t port, size_t bytes, const ProgramRuntime& runtime);
  void enqueue(std::unique_ptr<Job> job, const ProgramRuntime& runtime, void* stream);
};

// A device's memory is copied to and from pages that the runtime can copy while the stream goes on.
void* Context::Work::stage(size_t port, size_t bytes, const ProgramRuntime& runtime) {
  check(runtime.malloc_host && runtime.free_host && runtime.memcpy_async, ErrorId::device,
        "an address is memory of a device, and the program's CUDA runtime offers no copies");
  auto& [address, size] = pages[port];
  if (size >= bytes && address) return address;
  check_runtime(runtime.malloc_host(&address, std::max<size_t>(bytes, 1)), "cudaMallocHost");
  all_pages.emplace_back(address, [free = runtime.free_host](void* p) { free(p); });
  size = bytes;
  return address;
}

void Context::Work::enqueue(std::unique_ptr<Job> job, const ProgramRuntime& runtime, void* stream) {
  if (context.has_device()) {  // its stream is the program's: one driver orders both
    std::scoped_lock lock(mutex);
    context.set_shapes(job->shapes);
    return context.enqueue(job->in, job->out, stream);
  }
  for (size_t i = 0; i < job->in.size(); ++i) {
    if (runtime.readable(job->in[i])) continue;
    void* host = stage(i, job->in_bytes[i], runtime);
    check_runtime(runtime.memcpy_async(host, job->in[i], job->in_bytes[i], device_to_host, stream), "cudaMemcpyAsync");
    job->in[i] = host;
  }
  struct CopyBack {
    void *to, *from;
    size_t bytes;
  };
  std::vector<CopyBack> back;
  for (size_t i = 0; i < job->out.size(); ++i) {
    if (runtime.readable(job->out[i])) continue;
    void* host = stage(job->in.size() + i, job->out_bytes[i], runtime);
    back.push_back({job->out[i], host, job->out_bytes[i]});
    job->out[i] = host;
  }
  int capturing = 0;
  if (runtime.stream_is_capturing) runtime.stream_is_capturing(stream, &capturing);
  if (!capturing) job->keep = shared_from_this();
  check_runtime(runtime.launch_host_func(stream, on_stream, job.get()), "cudaLaunchHostFunc");
  if (capturing) captured.push_back(std::move(job));
  else job.release();
  for (const CopyBack& c : back)
    check_runtime(runtime.memcpy_async(c.to, c.from, c.bytes, host_to_device, stream), "cudaMemcpyAsync");
}

Context::Context(std::shared_ptr<Engine> engine)
    : owner_(std::move(engine)), work_(std::make_shared<Work>(*owner_)), addresses_(owner_->ports.size()) {
  for (int32_t i = 0; i < owner_->input_count; ++i) inputs_.push_back(owner_->ports[size_t(i)].dims);
}

Context::~Context() = default;

static bool is_open(const Dims& dims) {
  for (int i = 0; i < dims.n; ++i)
    if (dims.d[i] < 0) return true;
  return false;
}

bool Context::all_input_dimensions_specified() const { return std::none_of(inputs_.begin(), inputs_.end(), is_open); }

void Context::check_input(int32_t i, const Dims& dims) const {
  const Port& port = owner_->port(i);
  check(port.is_input, "'", port.name, "' is an output; its shape follows from the inputs");
  bool fits = dims.n == port.dims.n;
  for (int k = 0; fits && k < dims.n; ++k) fits = dims.d[k] >= 0 && (port.dims.d[k] < 0 || port.dims.d[k] == dims.d[k]);
  check(fits, ErrorId::shape_out_of_profile, "input '", port.name, "' is ", to_text(port.dims),
        " in the engine, found ", to_text(dims));
  Dims low = owner_->profile_dimensions(i, 0, OptProfileSelector::min),
       high = owner_->profile_dimensions(i, 0, OptProfileSelector::max);
  for (int k = 0; k < dims.n; ++k)
    check((low.d[k] < 0 || low.d[k] <= dims.d[k]) && (high.d[k] < 0 || dims.d[k] <= high.d[k]),
          ErrorId::shape_out_of_profile, "input '", port.name, "' is ", to_text(dims), ", the profile allows ",
          to_text(low), " to ", to_text(high));
}

void Context::set_binding_dimensions(int32_t i, const Dims& dims) {
  check_input(i, dims);
  inputs_[size_t(i)] = dims;
}

void Context::set_input_shape(const char* io_name, const Dims& dims) {
  set_binding_dimensions(owner_->io_index(io_name), dims);
}

static std::vector<Extents> extents_of_all(const std::vector<Dims>& inputs) {
  std::vector<Extents> extents;
  for (const Dims& d : inputs) extents.push_back(extents_of(d));
  return extents;
}

Dims Context::io_shape(int32_t i) {
  const Port& port = owner_->port(i);
  if (port.is_input) return inputs_[size_t(i)];
  if (!is_open(port.dims)) return port.dims;
  if (!all_input_dimensions_specified()) return port.dims;
  return dims_of(work_->output(i - owner_->input_count, extents_of_all(inputs_)));
}

Dims Context::shape_of(const char* io_name) { return io_shape(owner_->io_index(io_name)); }

void Context::set_tensor_address(const char* io_name, void* address) {
  addresses_[size_t(owner_->io_index(io_name))] = address;
}

void Context::set_input_tensor_address(const char* io_name, const void* address) {
  int32_t i = owner_->io_index(io_name);
  check(owner_->io_is_input(i), "'", io_name, "' is an output");
  addresses_[size_t(i)] = const_cast<void*>(address);
}

const void* Context::tensor_address(const char* io_name) const { return addresses_[size_t(owner_->io_index(io_name))]; }

static size_t bytes_of(const Dims& dims, DataType type) {
  return size_t(checked_mul(extents_of(dims).count(), size_bytes(element_of(type))));
}

void Context::enqueue(const std::vector<void*>& addresses, void* stream, std::shared_ptr<std::exception_ptr> failure) {
  auto job = std::make_unique<Work::Job>();
  for (int32_t i = 0; i < owner_->input_count; ++i)
    check(!is_open(inputs_[size_t(i)]), "set the shape of input '", owner_->port(i).name, "' first; it is ",
          to_text(inputs_[size_t(i)]));
  for (int32_t i = 0; i < owner_->nb_io(); ++i) {
    const Port& port = owner_->port(i);
    size_t bytes = bytes_of(io_shape(i), port.type);
    check(addresses[size_t(i)] || bytes == 0, "no address is set for '", port.name, "'");
    (port.is_input ? job->in_bytes : job->out_bytes).push_back(bytes);
    if (port.is_input) job->in.push_back(addresses[size_t(i)]);
    else job->out.push_back(addresses[size_t(i)]);
  }
  job->shapes = extents_of_all(inputs_);
  if (allowed_ != inputs_) {
    owner_->assertions->run(job->shapes);
    allowed_ = inputs_;
  }
  job->work = work_.get();
  job->failure = std::move(failure);
  work_->reporter.sink = sink;
  ProgramRuntime runtime = program_runtime();
  if (runtime.is_there()) work_->enqueue(std::move(job), runtime, stream);
  else work_->run(*job);
}

void Context::enqueue_v3(void* stream) { enqueue(addresses_, stream); }

void Context::enqueue_v2(void* const* bindings, void* stream, void* consumed) {
  check(bindings, "the array of bindings is null");
  enqueue({bindings, bindings + owner_->nb_io()}, stream);
  ProgramRuntime runtime = program_runtime();
  if (consumed && *static_cast<void**>(consumed) && runtime.event_record)
    check_runtime(runtime.event_record(*static_cast<void**>(consumed), stream), "cudaEventRecord");
}

void Context::execute_v2(void* const* bindings) {
  check(bindings, "the array of bindings is null");
  ProgramRuntime runtime = program_runtime();
  auto failure = std::make_shared<std::exception_ptr>();
  enqueue({bindings, bindings + owner_->nb_io()}, nullptr, failure);
  if (runtime.is_there()) check_runtime(runtime.synchronize(nullptr), "cudaStreamSynchronize");
  if (*failure) std::rethrow_exception(*failure);
}

}  // namespace tenon::objects
