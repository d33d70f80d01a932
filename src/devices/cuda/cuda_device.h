// One GPU over a table of the driver's functions.
#pragma once
#include "devices/cuda/driver.h"
#include "devices/device.h"

namespace tenon {

class CudaDevice final : public Device {
 public:
  CudaDevice(const Driver& driver, int ordinal);
  const Driver& driver() const { return driver_; }
  const std::string& arch() const { return arch_; }  // "sm_90"
  int multiprocessors() const { return multiprocessors_; }
  void use() const;  // its context becomes the thread's

  const std::string& name() const override { return name_; }
  const std::string& kind() const override { return kind_; }
  DevicePeaks peaks() const override { return peaks_; }
  std::shared_ptr<std::byte> allocate(int64_t bytes, const char* what) override;
  std::shared_ptr<std::byte> allocate_host(int64_t bytes, const char* what) override;
  Space space_of(const void* address) const override;
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

 private:
  int attribute(CUdevice_attribute what) const;
  const Driver& driver_;
  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  std::string name_, kind_, arch_;
  int multiprocessors_ = 0;
  DevicePeaks peaks_;
};

}  // namespace tenon
