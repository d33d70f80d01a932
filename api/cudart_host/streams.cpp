// Streams and events.
#include <algorithm>
#include <chrono>
#include <set>

#include "state.h"

namespace cudart_host {

namespace {

struct Streams {
  std::mutex mutex;
  std::set<cudaStream_t> all;
};
Streams& streams() {
  static Streams* it = new Streams;
  return *it;
}

std::vector<cudaStream_t> some_streams(bool blocking_only) {
  std::scoped_lock lock(streams().mutex);
  std::vector<cudaStream_t> list;
  for (cudaStream_t s : streams().all)
    if (s->is_blocking || !blocking_only) list.push_back(s);
  return list;
}

}  // namespace

bool is_stream(cudaStream_t stream) {
  std::scoped_lock lock(streams().mutex);
  return streams().all.contains(stream);
}

void synchronize_blocking_streams() {
  for (cudaStream_t s : some_streams(true)) s->synchronize();
}

cudaError_t enqueue(cudaStream_t stream, Work work) {
  if (is_null(stream)) {
    synchronize_blocking_streams();
    work();
    return cudaSuccess;
  }
  if (!is_stream(stream)) return result(cudaErrorInvalidResourceHandle);
  if (stream->capture) stream->capture->push_back(std::move(work));
  else stream->push(std::move(work));
  return cudaSuccess;
}

}  // namespace cudart_host

using namespace cudart_host;

CUstream_st::~CUstream_st() {
  {
    std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CUstream_st::push(Work work) {
  std::scoped_lock lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
  queue_.push_back(std::move(work));
  changed_.notify_all();
}

void CUstream_st::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Work work = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

void CUstream_st::synchronize() {
  std::unique_lock lock(mutex_);
  if (thread_.get_id() == std::this_thread::get_id()) return;  // asked from within its own work
  changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
}

bool CUstream_st::idle() {
  std::scoped_lock lock(mutex_);
  return queue_.empty() && !busy_;
}

// An event is done when as many records have run as were asked for.
struct CUevent_st {
  std::mutex mutex;
  std::condition_variable changed;
  unsigned long long asked = 0, done = 0;
  std::chrono::steady_clock::time_point time;
  bool timed = true;

  void mark(unsigned long long number) {
    std::scoped_lock lock(mutex);
    done = std::max(done, number);
    time = std::chrono::steady_clock::now();
    changed.notify_all();
  }
  void wait(unsigned long long number) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done >= number; });
  }
};

extern "C" {

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int) {
  if (!stream || flags > cudaStreamNonBlocking) return result(cudaErrorInvalidValue);
  *stream = new CUstream_st(flags == cudaStreamDefault);
  std::scoped_lock lock(streams().mutex);
  streams().all.insert(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return cudaStreamCreateWithPriority(stream, flags, 0);
}
cudaError_t cudaStreamCreate(cudaStream_t* stream) { return cudaStreamCreateWithFlags(stream, cudaStreamDefault); }

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  {
    std::scoped_lock lock(streams().mutex);
    if (streams().all.erase(stream) == 0) return result(cudaErrorInvalidResourceHandle);
  }
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (is_null(stream)) return synchronize_blocking_streams(), cudaSuccess;
  if (!is_stream(stream)) return result(cudaErrorInvalidResourceHandle);
  if (stream->capture) return result(cudaErrorStreamCaptureUnsupported);
  stream->synchronize();
  return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  if (is_null(stream)) return cudaSuccess;
  if (!is_stream(stream)) return result(cudaErrorInvalidResourceHandle);
  return stream->idle() ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* argument) {
  if (!function) return result(cudaErrorInvalidValue);
  return enqueue(stream, [=] { function(argument); });
}

cudaError_t cudaStreamAddCallback(cudaStream_t stream, cudaStreamCallback_t callback, void* argument, unsigned) {
  if (!callback) return result(cudaErrorInvalidValue);
  return enqueue(stream, [=] { callback(stream, cudaSuccess, argument); });
}

cudaError_t cudaDeviceSynchronize(void) {
  for (cudaStream_t s : some_streams(false)) s->synchronize();
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  if (!event) return result(cudaErrorInvalidValue);
  *event = new CUevent_st;
  (*event)->timed = !(flags & cudaEventDisableTiming);
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  if (!event) return result(cudaErrorInvalidResourceHandle);
  cudaEventSynchronize(event);
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (!event) return result(cudaErrorInvalidResourceHandle);
  if (!is_null(stream) && is_stream(stream) && stream->capture) return cudaSuccess;  // orders nothing within one stream
  std::unique_lock lock(event->mutex);
  unsigned long long number = ++event->asked;
  lock.unlock();
  return enqueue(stream, [=] { event->mark(number); });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (!event) return result(cudaErrorInvalidResourceHandle);
  if (!is_null(stream) && is_stream(stream) && stream->capture) return cudaSuccess;
  std::unique_lock lock(event->mutex);
  unsigned long long number = event->asked;
  lock.unlock();
  return enqueue(stream, [=] { event->wait(number); });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  if (!event) return result(cudaErrorInvalidResourceHandle);
  std::scoped_lock lock(event->mutex);
  return event->done >= event->asked ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (!event) return result(cudaErrorInvalidResourceHandle);
  std::unique_lock lock(event->mutex);
  event->changed.wait(lock, [&] { return event->done >= event->asked; });
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  if (!ms || !start || !end || !start->timed || !end->timed) return result(cudaErrorInvalidResourceHandle);
  std::scoped_lock lock(start->mutex, end->mutex);
  if (start->asked == 0 || end->asked == 0) return result(cudaErrorInvalidResourceHandle);
  if (start->done < start->asked || end->done < end->asked) return result(cudaErrorNotReady);
  *ms = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return cudaSuccess;
}

}  // extern "C"
