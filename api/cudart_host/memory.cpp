// Memory: a table of what was given out, and copies that know pageable memory from the rest.
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>

#include "state.h"

namespace cudart_host {

namespace {

struct Table {
  std::mutex mutex;
  std::map<const char*, Allocation> by_begin;
};
Table& table() {
  static Table* it = new Table;  // never destroyed: threads may outlive main
  return *it;
}

cudaError_t allocate(void** address, size_t bytes, cudaMemoryType type) {
  if (!address) return result(cudaErrorInvalidValue);
  *address = nullptr;
  if (bytes == 0) return cudaSuccess;
  constexpr size_t alignment = 256;
  if (bytes > SIZE_MAX - alignment) return result(cudaErrorMemoryAllocation);
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (!memory) return result(cudaErrorMemoryAllocation);
  std::scoped_lock lock(table().mutex);
  table().by_begin[static_cast<char*>(memory)] = {type, static_cast<char*>(memory), bytes};
  *address = memory;
  return cudaSuccess;
}

cudaError_t release(void* address, bool host) {
  if (!address) return cudaSuccess;
  {
    std::scoped_lock lock(table().mutex);
    auto it = table().by_begin.find(static_cast<char*>(address));
    if (it == table().by_begin.end() || (it->second.type == cudaMemoryTypeHost) != host)
      return result(cudaErrorInvalidValue);
    table().by_begin.erase(it);
  }
  std::free(address);
  return cudaSuccess;
}

bool is_pageable(const void* address) { return find_allocation(address).type == cudaMemoryTypeUnregistered; }

}  // namespace

Allocation find_allocation(const void* address) {
  std::scoped_lock lock(table().mutex);
  auto it = table().by_begin.upper_bound(static_cast<const char*>(address));
  if (it == table().by_begin.begin()) return {};
  const Allocation& a = std::prev(it)->second;
  return static_cast<const char*>(address) < a.begin + a.bytes ? a : Allocation{};
}

bool fits(const void* address, size_t bytes) {
  if (!address) return bytes == 0;
  Allocation a = find_allocation(address);
  return !a.begin || bytes <= size_t(a.begin + a.bytes - static_cast<const char*>(address));
}

}  // namespace cudart_host

using namespace cudart_host;

extern "C" {

cudaError_t cudaMalloc(void** address, size_t bytes) { return allocate(address, bytes, cudaMemoryTypeDevice); }
cudaError_t cudaMallocHost(void** address, size_t bytes) { return allocate(address, bytes, cudaMemoryTypeHost); }
cudaError_t cudaHostAlloc(void** address, size_t bytes, unsigned) {
  return allocate(address, bytes, cudaMemoryTypeHost);
}
cudaError_t cudaMallocManaged(void** address, size_t bytes, unsigned) {
  return allocate(address, bytes, cudaMemoryTypeManaged);
}
cudaError_t cudaMallocAsync(void** address, size_t bytes, cudaStream_t) { return cudaMalloc(address, bytes); }

cudaError_t cudaFree(void* address) {
  cudaDeviceSynchronize();
  return release(address, false);
}
cudaError_t cudaFreeHost(void* address) {
  cudaDeviceSynchronize();
  return release(address, true);
}
cudaError_t cudaFreeAsync(void* address, cudaStream_t stream) {
  return enqueue(stream, [address] { release(address, false); });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, enum cudaMemcpyKind kind, cudaStream_t stream) {
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) return result(cudaErrorInvalidMemcpyDirection);
  if (!fits(to, bytes) || !fits(from, bytes)) return result(cudaErrorInvalidValue);
  if (bytes == 0) return cudaSuccess;
  bool captured = !is_null(stream) && is_stream(stream) && stream->capture;
  if (is_pageable(from) && !captured && !is_null(stream)) {  // the program may change it as soon as this call returns
    auto copy =
        std::make_shared<std::vector<char>>(static_cast<const char*>(from), static_cast<const char*>(from) + bytes);
    cudaError_t status = enqueue(stream, [=] { std::memcpy(to, copy->data(), bytes); });
    return status == cudaSuccess && is_pageable(to) ? cudaStreamSynchronize(stream) : status;
  }
  cudaError_t status = enqueue(stream, [=] { std::memmove(to, from, bytes); });
  if (status != cudaSuccess || captured || !is_pageable(to)) return status;
  return cudaStreamSynchronize(stream);  // as the runtime does for pageable memory
}
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, enum cudaMemcpyKind kind) {
  return cudaMemcpyAsync(to, from, bytes, kind, nullptr);
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  if (!fits(to, bytes)) return result(cudaErrorInvalidValue);
  if (bytes == 0) return cudaSuccess;
  return enqueue(stream, [=] { std::memset(to, value, bytes); });
}
cudaError_t cudaMemset(void* to, int value, size_t bytes) { return cudaMemsetAsync(to, value, bytes, nullptr); }

cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes* attributes, const void* address) {
  if (!attributes) return result(cudaErrorInvalidValue);
  Allocation a = find_allocation(address);
  void* pointer = const_cast<void*>(address);
  *attributes = {a.type, a.begin ? 0 : -1, a.begin ? pointer : nullptr, pointer};
  return cudaSuccess;
}

}  // extern "C"
