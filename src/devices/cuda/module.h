// Kernels compiled from text when they are needed, loaded once per process.
#pragma once
#include <algorithm>
#include <memory>
#include <span>
#include <string>

#include "devices/device.h"

namespace tenon {

// Machine code for an architecture ("sm_90"); needs no GPU. Refuses with the compiler's messages.
std::string compile_cuda(const std::string& source, const std::string& arch);
std::string why_no_nvrtc();  // empty: it is there

struct Blocks {
  unsigned grid_x = 1, grid_y = 1, grid_z = 1, threads = 128, shared_bytes = 0;
};

// Enough blocks for `work` at `per_block` each, and at most what a grid can have.
inline unsigned blocks_for(int64_t work, int64_t per_block) {
  constexpr int64_t most = 1 << 30;
  return unsigned(std::clamp<int64_t>((work + per_block - 1) / per_block, 1, most));
}

class CudaModule {
 public:
  virtual ~CudaModule() = default;
  // `arguments` point to each parameter's value.
  virtual void launch(const char* function, const Blocks& blocks, std::span<void* const> arguments,
                      Stream stream) const = 0;
};
std::shared_ptr<const CudaModule> cuda_module(Device& device, const std::string& source);

}  // namespace tenon
