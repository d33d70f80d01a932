// What the stand-in's files share: the thread's last error, the table of allocations, streams.
#pragma once
#include <cuda_runtime_api.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cudart_host {

using Work = std::function<void()>;

cudaError_t result(cudaError_t status);  // remembers what went wrong for cudaGetLastError

// Memory that the stand-in has given out. Unknown addresses are the program's own, which it may hand in anywhere.
struct Allocation {
  cudaMemoryType type = cudaMemoryTypeUnregistered;
  char* begin = nullptr;
  size_t bytes = 0;
};
Allocation find_allocation(const void* address);
bool fits(const void* address, size_t bytes);  // false: null, or beyond the end of an allocation

void synchronize_blocking_streams();  // what the null stream waits for

}  // namespace cudart_host

// Runs work in order on a thread of its own, which starts with the first work that cannot be done at once.
struct CUstream_st {
  explicit CUstream_st(bool blocking) : is_blocking(blocking) {}
  ~CUstream_st();
  void push(cudart_host::Work work);
  void synchronize();
  bool idle();

  const bool is_blocking;
  std::shared_ptr<std::vector<cudart_host::Work>> capture;  // null: not capturing

 private:
  void loop();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<cudart_host::Work> queue_;
  bool busy_ = false, ending_ = false;
  std::thread thread_;
};

namespace cudart_host {

inline bool is_null(cudaStream_t stream) {
  return !stream || stream == cudaStreamLegacy || stream == cudaStreamPerThread;
}
bool is_stream(cudaStream_t stream);
// Into the stream's order; on the null stream at once, behind all that it waits for. Captured work only runs in graphs.
cudaError_t enqueue(cudaStream_t stream, Work work);

}  // namespace cudart_host
