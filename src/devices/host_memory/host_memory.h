// A device without an accelerator: its memory is the heap's, its streams are threads. Tests of whatever runs on
// devices.
#pragma once
#include <atomic>
#include <mutex>
#include <vector>

#include "devices/device.h"
#include "devices/host_memory/known_memory.h"

namespace tenon {

class HostStream;

class HostMemoryDevice final : public Device {
 public:
  // Gives out at most `memory_bytes` of either space.
  explicit HostMemoryDevice(int64_t memory_bytes = int64_t(1) << 30);
  ~HostMemoryDevice() override;

  // A kernel's launch: `function(argument)` runs in the stream's order, and again with every recording made of it.
  // What it throws is kept for the next synchronize.
  void enqueue(void (*function)(void*), std::shared_ptr<void> argument, Stream stream);
  int64_t launches() const { return launches_; }  // of recordings
  int64_t bytes_in_use(Space space) const { return memory_.bytes_in_use(space); }

  const std::string& name() const override { return name_; }
  const std::string& kind() const override { return kind_; }
  DevicePeaks peaks() const override;
  std::shared_ptr<std::byte> allocate(int64_t bytes, const char* what) override;
  std::shared_ptr<std::byte> allocate_host(int64_t bytes, const char* what) override;
  Space space_of(const void* address) const override { return memory_.space_of(address); }
  std::shared_ptr<void> make_stream() override;
  void synchronize(Stream stream) override;
  std::unique_ptr<Mark> make_mark() override;
  void copy(void* to, const void* from, int64_t bytes, Stream stream) override;
  void fill(void* to, uint8_t byte, int64_t bytes, Stream stream) override;
  void call_host(void (*function)(void*), void* argument, Stream stream) override;
  bool is_recording(Stream stream) const override;
  void begin_recording(Stream stream) override;
  std::unique_ptr<Recording> end_recording(Stream stream) override;
  double time_ms(Recording& recording, Stream stream) override;

  std::shared_ptr<HostStream> at(Stream stream) const;  // of this device, or an Error
  void count_launch() { ++launches_; }

 private:
  std::shared_ptr<std::byte> give(int64_t bytes, Space space, const char* what);
  void wait_for_all() const;

  std::string name_ = "host memory", kind_ = "host_memory";
  KnownMemory memory_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<HostStream>> streams_;  // the first is the default stream
  std::atomic<int64_t> launches_ = 0;
};

}  // namespace tenon
