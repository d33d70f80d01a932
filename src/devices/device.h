// Device: memory, streams and recordings of one accelerator, as a plan needs them. Kernels are its provider's matter.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/space.h"

namespace tenon {

using Stream = void*;  // of the device's own library; null is its default stream

// Roofs for predictions; measured times replace them.
struct DevicePeaks {
  double f32_gflops = 0, f16_gflops = 0;  // multiply-adds count two
  double memory_gbytes = 0, link_gbytes = 0;
  double launch_ms = 0;  // of one kernel within a recording
};

// Work on a stream, recorded once and launched as a whole.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void launch(Stream stream) = 0;
};

// A point in a stream's work. It can be waited for while other streams are recorded, which a wait for the whole device
// would break; its stream may be gone by then.
class Mark {
 public:
  virtual ~Mark() = default;
  virtual void set(Stream stream) = 0;  // behind what the stream has; replaces the point set before
  virtual void wait() = 0;              // returns at once where no point was set
};

// Every function may throw Error (out_of_memory, device). Work on one stream runs in order; nothing but synchronize,
// marks and the destruction of memory waits. Host functions of different streams may share a thread.
class Device {
 public:
  virtual ~Device() = default;
  virtual const std::string& name() const = 0;  // "NVIDIA H100 80GB HBM3"
  virtual const std::string& kind() const = 0;  // "cuda sm_90": plans and timings serve every device of their kind
  virtual DevicePeaks peaks() const = 0;

  // Freed when the last owner goes, which waits for what still runs. Aligned to 256 bytes. `what` is named in errors.
  virtual std::shared_ptr<std::byte> allocate(int64_t bytes, const char* what) = 0;
  virtual std::shared_ptr<std::byte> allocate_host(int64_t bytes, const char* what) = 0;  // page-locked
  virtual Space space_of(const void* address) const = 0;

  virtual std::shared_ptr<void> make_stream() = 0;  // get() is the Stream
  virtual void synchronize(Stream stream) = 0;
  virtual std::unique_ptr<Mark> make_mark() = 0;
  virtual void copy(void* to, const void* from, int64_t bytes, Stream stream) = 0;  // between any two spaces
  virtual void fill(void* to, uint8_t byte, int64_t bytes, Stream stream) = 0;      // of either space
  virtual void call_host(void (*function)(void*), void* argument, Stream stream) = 0;

  virtual bool is_recording(Stream stream) const = 0;  // by us or by the program
  virtual void begin_recording(Stream stream) = 0;
  virtual std::unique_ptr<Recording> end_recording(Stream stream) = 0;
  virtual double time_ms(Recording& recording, Stream stream) = 0;  // of one launch, by the device's clock
};

// What `enqueue` gives the stream, as a recording. The stream leaves its mode also when that throws.
template <class Enqueue>
std::unique_ptr<Recording> record(Device& device, Stream stream, Enqueue enqueue) {
  device.begin_recording(stream);
  try {
    enqueue();
  } catch (...) {
    try {
      device.end_recording(stream);
    } catch (const Error&) {  // follows from the first, which says more
    }
    throw;
  }
  return device.end_recording(stream);
}

}  // namespace tenon
