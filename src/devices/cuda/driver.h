// The driver's functions as a table, which a test may fill with its own.
#pragma once
#include <cuda.h>

#include <string>

namespace tenon {

struct Driver {
#define TENON_DRIVER_FUNCTIONS(F)                         \
  F(cuInit, "cuInit")                                     \
  F(cuDriverGetVersion, "cuDriverGetVersion")             \
  F(cuGetErrorName, "cuGetErrorName")                     \
  F(cuDeviceGet, "cuDeviceGet")                           \
  F(cuDeviceGetName, "cuDeviceGetName")                   \
  F(cuDeviceGetAttribute, "cuDeviceGetAttribute")         \
  F(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain") \
  F(cuCtxGetCurrent, "cuCtxGetCurrent")                   \
  F(cuCtxSetCurrent, "cuCtxSetCurrent")                   \
  F(cuMemAlloc, "cuMemAlloc_v2")                          \
  F(cuMemFree, "cuMemFree_v2")                            \
  F(cuMemHostAlloc, "cuMemHostAlloc")                     \
  F(cuMemFreeHost, "cuMemFreeHost")                       \
  F(cuPointerGetAttribute, "cuPointerGetAttribute")       \
  F(cuMemcpyAsync, "cuMemcpyAsync")                       \
  F(cuMemsetD8Async, "cuMemsetD8Async")                   \
  F(cuStreamCreate, "cuStreamCreate")                     \
  F(cuStreamDestroy, "cuStreamDestroy_v2")                \
  F(cuStreamSynchronize, "cuStreamSynchronize")           \
  F(cuLaunchHostFunc, "cuLaunchHostFunc")                 \
  F(cuStreamIsCapturing, "cuStreamIsCapturing")           \
  F(cuStreamBeginCapture, "cuStreamBeginCapture_v2")      \
  F(cuStreamEndCapture, "cuStreamEndCapture")             \
  F(cuGraphInstantiate, "cuGraphInstantiateWithFlags")    \
  F(cuGraphLaunch, "cuGraphLaunch")                       \
  F(cuGraphDestroy, "cuGraphDestroy")                     \
  F(cuGraphExecDestroy, "cuGraphExecDestroy")             \
  F(cuEventCreate, "cuEventCreate")                       \
  F(cuEventRecord, "cuEventRecord")                       \
  F(cuEventSynchronize, "cuEventSynchronize")             \
  F(cuEventElapsedTime, "cuEventElapsedTime")             \
  F(cuEventDestroy, "cuEventDestroy_v2")                  \
  F(cuModuleLoadData, "cuModuleLoadData")                 \
  F(cuModuleUnload, "cuModuleUnload")                     \
  F(cuModuleGetFunction, "cuModuleGetFunction")           \
  F(cuLaunchKernel, "cuLaunchKernel")
#define TENON_ENTRY(name, symbol) decltype(&::name) name = nullptr;
  TENON_DRIVER_FUNCTIONS(TENON_ENTRY)
#undef TENON_ENTRY
};

const Driver* load_driver(std::string& why);  // of this machine; null with the reason
// Throws what a call of the driver said, with the call's name.
void check_driver(const Driver& driver, CUresult status, const char* call);

}  // namespace tenon
