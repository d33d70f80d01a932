#include "devices/cuda/cuda.h"

#include <algorithm>

#include "base/error.h"
#include "devices/cuda/cuda_device.h"

namespace tenon {

namespace {

CUdeviceptr at(const void* address) { return reinterpret_cast<CUdeviceptr>(address); }
CUstream of(Stream stream) { return static_cast<CUstream>(stream); }

class CudaRecording final : public Recording {
 public:
  CudaRecording(const CudaDevice& device, CUgraphExec graph) : device_(device), graph_(graph) {}
  ~CudaRecording() override {
    device_.use();
    device_.driver().cuGraphExecDestroy(graph_);
  }
  void launch(Stream stream) override {
    device_.use();
    check_driver(device_.driver(), device_.driver().cuGraphLaunch(graph_, of(stream)), "cuGraphLaunch");
  }

 private:
  const CudaDevice& device_;
  CUgraphExec graph_;
};

class Event {
 public:
  Event(const CudaDevice& device, unsigned flags) : device_(device) {
    device_.use();
    check_driver(driver(), driver().cuEventCreate(&event_, flags), "cuEventCreate");
  }
  ~Event() {
    device_.use();
    driver().cuEventDestroy(event_);
  }
  Event(const Event&) = delete;
  void record(Stream stream) {
    device_.use();
    check_driver(driver(), driver().cuEventRecord(event_, of(stream)), "cuEventRecord");
  }
  void wait() {
    device_.use();
    check_driver(driver(), driver().cuEventSynchronize(event_), "cuEventSynchronize");
  }
  double ms_since(const Event& begin) const {
    float ms = 0;
    check_driver(driver(), driver().cuEventElapsedTime(&ms, begin.event_, event_), "cuEventElapsedTime");
    return ms;
  }

 private:
  const Driver& driver() const { return device_.driver(); }
  const CudaDevice& device_;
  CUevent event_ = nullptr;
};

class CudaMark final : public Mark {
 public:
  explicit CudaMark(const CudaDevice& device) : event_(device, CU_EVENT_DISABLE_TIMING) {}
  void set(Stream stream) override { event_.record(stream); }
  void wait() override { event_.wait(); }

 private:
  Event event_;
};

}  // namespace

#define TENON_CALL(function, ...) check_driver(driver_, driver_.function(__VA_ARGS__), #function)

CudaDevice::CudaDevice(const Driver& driver, int ordinal) : driver_(driver) {
  TENON_CALL(cuInit, 0);
  TENON_CALL(cuDeviceGet, &device_, ordinal);
  char text[256] = {};
  TENON_CALL(cuDeviceGetName, text, int(sizeof text) - 1, device_);
  name_ = text;
  int major = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  int minor = attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  check(major >= 8, ErrorId::device, name_, " has compute capability ", major, ".", minor, "; 8.0 is the least");
  arch_ = concat("sm_", major, minor);
  kind_ = concat("cuda ", arch_);
  multiprocessors_ = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  TENON_CALL(cuDevicePrimaryCtxRetain, &context_, device_);
  double clock_ghz = attribute(CU_DEVICE_ATTRIBUTE_CLOCK_RATE) * 1e-6;
  double memory_ghz = attribute(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE) * 1e-6;
  double bus_bytes = attribute(CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH) / 8.;
  constexpr double f32_a_cycle = 256, f16_a_cycle_8 = 2048, f16_a_cycle_9 = 4096;  // of one multiprocessor
  peaks_.f32_gflops = f32_a_cycle * multiprocessors_ * clock_ghz;
  peaks_.f16_gflops = (major >= 9 ? f16_a_cycle_9 : f16_a_cycle_8) * multiprocessors_ * clock_ghz;
  peaks_.memory_gbytes = std::max(500., 2 * memory_ghz * bus_bytes);
  peaks_.link_gbytes = 20;
  peaks_.launch_ms = 0.0015;
}

int CudaDevice::attribute(CUdevice_attribute what) const {
  int value = 0;
  TENON_CALL(cuDeviceGetAttribute, &value, what, device_);
  return value;
}

void CudaDevice::use() const {
  CUcontext now = nullptr;
  if (driver_.cuCtxGetCurrent(&now) != CUDA_SUCCESS || now != context_) driver_.cuCtxSetCurrent(context_);
}

std::shared_ptr<std::byte> CudaDevice::allocate(int64_t bytes, const char* what) {
  if (bytes == 0) return nullptr;
  use();
  CUdeviceptr memory = 0;
  CUresult status = driver_.cuMemAlloc(&memory, size_t(bytes));
  check(status != CUDA_ERROR_OUT_OF_MEMORY, ErrorId::out_of_memory, "no ", bytes, " bytes of the GPU's memory for ",
        what);
  check_driver(driver_, status, "cuMemAlloc");
  return {reinterpret_cast<std::byte*>(memory), [this](std::byte* p) {
            use();
            driver_.cuMemFree(at(p));
          }};
}

std::shared_ptr<std::byte> CudaDevice::allocate_host(int64_t bytes, const char* what) {
  if (bytes == 0) return nullptr;
  use();
  void* memory = nullptr;
  CUresult status = driver_.cuMemHostAlloc(&memory, size_t(bytes), CU_MEMHOSTALLOC_PORTABLE);
  check(status != CUDA_ERROR_OUT_OF_MEMORY, ErrorId::out_of_memory, "no ", bytes, " bytes of page-locked memory for ",
        what);
  check_driver(driver_, status, "cuMemHostAlloc");
  return {static_cast<std::byte*>(memory), [this](std::byte* p) {
            use();
            driver_.cuMemFreeHost(p);
          }};
}

Space CudaDevice::space_of(const void* address) const {
  use();
  CUmemorytype type{};
  CUresult status = driver_.cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, at(address));
  return status == CUDA_SUCCESS && type == CU_MEMORYTYPE_DEVICE ? Space::device : Space::host;
}

std::shared_ptr<void> CudaDevice::make_stream() {
  use();
  CUstream stream = nullptr;
  TENON_CALL(cuStreamCreate, &stream, CU_STREAM_NON_BLOCKING);
  return {stream, [this](void* s) {
            use();
            driver_.cuStreamDestroy(of(s));
          }};
}

void CudaDevice::synchronize(Stream stream) {
  use();
  TENON_CALL(cuStreamSynchronize, of(stream));
}

std::unique_ptr<Mark> CudaDevice::make_mark() { return std::make_unique<CudaMark>(*this); }

void CudaDevice::copy(void* to, const void* from, int64_t bytes, Stream stream) {
  if (bytes == 0 || to == from) return;
  use();
  TENON_CALL(cuMemcpyAsync, at(to), at(from), size_t(bytes), of(stream));
}

void CudaDevice::fill(void* to, uint8_t byte, int64_t bytes, Stream stream) {
  if (bytes == 0) return;
  use();
  TENON_CALL(cuMemsetD8Async, at(to), byte, size_t(bytes), of(stream));
}

void CudaDevice::call_host(void (*function)(void*), void* argument, Stream stream) {
  use();
  TENON_CALL(cuLaunchHostFunc, of(stream), function, argument);
}

bool CudaDevice::is_recording(Stream stream) const {
  use();
  CUstreamCaptureStatus status{};
  return driver_.cuStreamIsCapturing(of(stream), &status) == CUDA_SUCCESS && status != CU_STREAM_CAPTURE_STATUS_NONE;
}

// Relaxed: other threads may allocate meanwhile, and libraries that set themselves up lazily do so within.
void CudaDevice::begin_recording(Stream stream) {
  use();
  TENON_CALL(cuStreamBeginCapture, of(stream), CU_STREAM_CAPTURE_MODE_RELAXED);
}

std::unique_ptr<Recording> CudaDevice::end_recording(Stream stream) {
  use();
  CUgraph graph = nullptr;
  TENON_CALL(cuStreamEndCapture, of(stream), &graph);
  CUgraphExec exec = nullptr;
  CUresult status = driver_.cuGraphInstantiate(&exec, graph, 0);
  driver_.cuGraphDestroy(graph);
  check_driver(driver_, status, "cuGraphInstantiate");
  return std::make_unique<CudaRecording>(*this, exec);
}

double CudaDevice::time_ms(Recording& recording, Stream stream) {
  Event begin(*this, CU_EVENT_DEFAULT), end(*this, CU_EVENT_DEFAULT);
  begin.record(stream);
  recording.launch(stream);
  end.record(stream);
  end.wait();
  return end.ms_since(begin);
}

#undef TENON_CALL

Device* cuda_device(std::string& why) {
  struct Made {
    std::unique_ptr<CudaDevice> device;
    std::string why;
    Made() {
      const Driver* driver = load_driver(why);
      if (!driver) return;
      try {
        device = std::make_unique<CudaDevice>(*driver, 0);
      } catch (const Error& e) {
        why = e.what();
      }
    }
  };
  static const Made* made = new Made;  // never destroyed: the driver may be gone before us at exit
  why = made->why;
  return made->device.get();
}

}  // namespace tenon
