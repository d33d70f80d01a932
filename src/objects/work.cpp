#include "objects/work.h"

#include <algorithm>
#include <cstring>

#include "tenon/build.h"

namespace tenon::objects {

namespace {

constexpr int device_to_host = 2, host_to_device = 1;

bool is_capturing(const ProgramRuntime& runtime, void* stream) {
  int capturing = 0;
  if (runtime.stream_is_capturing) runtime.stream_is_capturing(stream, &capturing);
  return capturing;
}

}  // namespace

void check_runtime(int status, const char* call) {
  check(status == 0, ErrorId::device, call, " of the program's CUDA runtime failed with error ", status);
}

Work::Work(const Engine& engine, int32_t profile)
    : context(engine.built->program_of(size_t(profile)), 0), pages_(engine.ports.size()) {}

void Work::run(const Job& job) {
  std::scoped_lock lock(mutex);
  context.set_shapes(job.shapes.extents, job.shapes.told);
  context.run(job.in, job.out);
}

std::optional<Extents> Work::output(int i, const InputShapes& shapes) {
  std::scoped_lock lock(mutex);
  context.set_shapes(shapes.extents, shapes.told);
  return context.output_extents(i);
}

void Work::on_stream(void* argument) {
  std::unique_ptr<Job> job(static_cast<Job*>(argument));
  try {
    job->work->run(*job);
  } catch (...) {
    if (job->failure) *job->failure = std::current_exception();
    else job->work->reporter.report_exception("IExecutionContext::enqueue");
  }
  if (!job->keep) job.release();
}

// A device's memory is copied to and from pages that the runtime can copy while the stream goes on.
void* Work::stage(size_t port, size_t bytes, const ProgramRuntime& runtime) {
  check(runtime.malloc_host && runtime.free_host && runtime.memcpy_async, ErrorId::device,
        "an address is memory of a device, and the program's CUDA runtime offers no copies");
  auto& [address, size] = pages_[port];
  if (size >= bytes && address) return address;
  check_runtime(runtime.malloc_host(&address, std::max<size_t>(bytes, 1)), "cudaMallocHost");
  all_pages_.emplace_back(address, [free = runtime.free_host](void* p) { free(p); });
  size = bytes;
  return address;
}

std::vector<Work::CopyBack> Work::stage_all(Job& job, const ProgramRuntime& runtime, void* stream) {
  std::vector<CopyBack> back;
  for (size_t i = 0; i < job.in.size(); ++i) {
    if (runtime.readable(job.in[i])) continue;
    void* host = stage(i, job.in_bytes[i], runtime);
    check_runtime(runtime.memcpy_async(host, job.in[i], job.in_bytes[i], device_to_host, stream), "cudaMemcpyAsync");
    job.in[i] = host;
  }
  for (size_t i = 0; i < job.out.size(); ++i) {
    if (!job.out[i] || runtime.readable(job.out[i])) continue;
    void* host = stage(job.in.size() + i, job.out_bytes[i], runtime);
    back.push_back({job.out[i], host, job.out_bytes[i]});
    job.out[i] = host;
  }
  return back;
}

void Work::enqueue(std::unique_ptr<Job> job, const ProgramRuntime& runtime, void* stream) {
  if (context.has_device()) {  // its stream is the program's: one driver orders both
    std::scoped_lock lock(mutex);
    context.set_shapes(job->shapes.extents, job->shapes.told);
    return context.enqueue(job->in, job->out, stream);
  }
  std::vector<CopyBack> back = stage_all(*job, runtime, stream);
  bool capturing = is_capturing(runtime, stream);
  if (!capturing) job->keep = shared_from_this();
  check_runtime(runtime.launch_host_func(stream, on_stream, job.get()), "cudaLaunchHostFunc");
  if (capturing) captured_.push_back(std::move(job));
  else job.release();
  for (const CopyBack& c : back)
    check_runtime(runtime.memcpy_async(c.to, c.from, c.bytes, host_to_device, stream), "cudaMemcpyAsync");
}

void Work::run_now(Job& job, const ProgramRuntime& runtime, void* stream) {
  if (!runtime.is_there()) return run(job);
  check(!is_capturing(runtime, stream), ErrorId::unsupported,
        "the extents of outputs follow from values: the run cannot be recorded by a stream");
  std::vector<CopyBack> back;
  if (!context.has_device()) back = stage_all(job, runtime, stream);
  check_runtime(runtime.synchronize(stream), "cudaStreamSynchronize");
  run(job);
  for (const CopyBack& c : back) copy_out(c.to, c.from, c.bytes, runtime, stream);
}

void Work::copy_out(void* to, const void* from, size_t bytes, const ProgramRuntime& runtime, void* stream) {
  if (bytes == 0) return;
  if (!runtime.is_there() || runtime.readable(to)) {
    std::memcpy(to, from, bytes);
    return;
  }
  check(runtime.memcpy_async, ErrorId::device,
        "an address is memory of a device, and the program's CUDA runtime offers no copies");
  check_runtime(runtime.memcpy_async(to, from, bytes, host_to_device, stream), "cudaMemcpyAsync");
  check_runtime(runtime.synchronize(stream), "cudaStreamSynchronize");
}

}  // namespace tenon::objects
