// Indices that a kernel on a device finds out of range. It cannot throw: it leaves one in page-locked memory, and the
// context throws it when the run is over.
#pragma once
#include "devices/device.h"
#include "select/kernel.h"

namespace tenon {

// What kernels write, as kernels/cuda/text.cpp declares it for them.
struct IndexFault {
  int64_t state = 0;  // 1: taken by a thread, 2: written
  int64_t index = 0, position = 0, extent = 0;
};

class IndexFaults final : public KernelState {
 public:
  IndexFaults(Device& device, std::string label);  // of the node
  void check_run() override;
  static void* of(const Call& call);  // where the kernel writes; null: nobody will ask

 private:
  std::shared_ptr<std::byte> memory_;
  std::string label_;
};

}  // namespace tenon
