// The one device, errors, and what compiled kernels call.
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "state.h"

namespace cudart_host {

static thread_local cudaError_t last_error = cudaSuccess;

cudaError_t result(cudaError_t status) {
  if (status != cudaSuccess) last_error = status;
  return status;
}

}  // namespace cudart_host

using namespace cudart_host;

namespace {

struct ErrorText {
  cudaError_t code;
  const char *name, *text;
};
constexpr ErrorText errors[] = {
    {cudaSuccess, "cudaSuccess", "no error"},
    {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
    {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
    {cudaErrorInvalidMemcpyDirection, "cudaErrorInvalidMemcpyDirection", "invalid direction of a copy"},
    {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {cudaErrorIllegalState, "cudaErrorIllegalState", "illegal state"},
    {cudaErrorNotReady, "cudaErrorNotReady", "not ready"},
    {cudaErrorNotSupported, "cudaErrorNotSupported", "not supported"},
    {cudaErrorStreamCaptureUnsupported, "cudaErrorStreamCaptureUnsupported", "not permitted while a stream captures"},
};

const ErrorText* find(cudaError_t code) {
  for (const ErrorText& e : errors)
    if (e.code == code) return &e;
  return nullptr;
}

size_t memory_bytes(int name) { return size_t(sysconf(name)) * size_t(sysconf(_SC_PAGESIZE)); }

cudaError_t no_kernels() {
  std::fputs("cudart_host: kernels cannot be launched: this is a stand-in for the CUDA runtime without a GPU\n",
             stderr);
  return result(cudaErrorNotSupported);
}

}  // namespace

extern "C" {

cudaError_t cudaGetLastError(void) {
  cudaError_t status = last_error;
  last_error = cudaSuccess;
  return status;
}
cudaError_t cudaPeekAtLastError(void) { return last_error; }
const char* cudaGetErrorName(cudaError_t code) {
  const ErrorText* e = find(code);
  return e ? e->name : "unrecognized error code";
}
const char* cudaGetErrorString(cudaError_t code) {
  const ErrorText* e = find(code);
  return e ? e->text : "unrecognized error code";
}

cudaError_t cudaGetDeviceCount(int* count) { return count ? (*count = 1, cudaSuccess) : result(cudaErrorInvalidValue); }
cudaError_t cudaGetDevice(int* device) { return device ? (*device = 0, cudaSuccess) : result(cudaErrorInvalidValue); }
cudaError_t cudaSetDevice(int device) { return device == 0 ? cudaSuccess : result(cudaErrorInvalidDevice); }
cudaError_t cudaDeviceReset(void) { return cudaDeviceSynchronize(); }

cudaError_t cudaMemGetInfo(size_t* available, size_t* total) {
  if (!available || !total) return result(cudaErrorInvalidValue);
  *available = memory_bytes(_SC_AVPHYS_PAGES);
  *total = memory_bytes(_SC_PHYS_PAGES);
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp* prop, int device) {
  if (!prop) return result(cudaErrorInvalidValue);
  if (device != 0) return result(cudaErrorInvalidDevice);
  std::memset(prop, 0, sizeof *prop);
  std::strcpy(prop->name, "host memory");
  prop->totalGlobalMem = memory_bytes(_SC_PHYS_PAGES);
  prop->warpSize = 32;
  prop->maxThreadsPerBlock = 1024;
  prop->major = 8;
  prop->multiProcessorCount = int(sysconf(_SC_NPROCESSORS_ONLN));
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties_v2(struct cudaDeviceProp* prop, int device) {
  return cudaGetDeviceProperties(prop, device);
}

cudaError_t cudaDriverGetVersion(int* version) {
  return version ? (*version = CUDART_VERSION, cudaSuccess) : result(cudaErrorInvalidValue);
}
cudaError_t cudaRuntimeGetVersion(int* version) { return cudaDriverGetVersion(version); }

// What nvcc's object files call when they are loaded: they may be there, as long as they launch nothing.
void** __cudaRegisterFatBinary(void*) {
  static void* nothing = nullptr;
  return &nothing;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
void __cudaRegisterFunction(void**, const char*, char*, const char*, int, void*, void*, void*, void*, int*) {}
void __cudaRegisterVar(void**, char*, char*, const char*, int, size_t, int, int) {}
cudaError_t cudaLaunchKernel(const void*, ...) { return no_kernels(); }

}  // extern "C"
