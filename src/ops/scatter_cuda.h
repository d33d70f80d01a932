// What kernels of the scatters share: x becomes the result first, unless it lies there; then updates, line by line.
#pragma once
#include "devices/cuda/module.h"
#include "kernels/cuda/scatter.h"
#include "ops/scatter.h"
#include "select/index_faults.h"
#include "select/node_kernel.h"

namespace tenon {

// Elements as kernels that only move them know them.
inline ElementType raw_element(ElementType e) {
  switch (size_bytes(e)) {
    case 1: return ElementType::u8;
    case 2: return ElementType::u16;
    case 4: return ElementType::u32;
    default: return ElementType::u64;
  }
}

inline std::string scatter_text(ScatterKind kind, ElementType stored, ElementType index) {
  switch (kind) {
    case ScatterKind::none: return cuda::scatter_source(cuda::ScatterWay::write, raw_element(stored), index);
    case ScatterKind::add: return cuda::scatter_source(cuda::ScatterWay::add, stored, index);
    case ScatterKind::mul: return cuda::scatter_source(cuda::ScatterWay::mul, stored, index);
    case ScatterKind::max: return cuda::scatter_source(cuda::ScatterWay::max, stored, index);
    case ScatterKind::min: break;
  }
  return cuda::scatter_source(cuda::ScatterWay::min, stored, index);
}

// Operands: x, indices, updates.
class DeviceScatter : public Kernel {
 public:
  DeviceScatter(Device& device, const Node& node, ScatterKind kind, const Offer& offer)
      : device_(device),
        label_(node.label()),
        module_(cuda_module(device, scatter_text(kind, offer.results[0].element, offer.operands[1].format.element))) {}
  std::unique_ptr<KernelState> make_state(int) const override { return std::make_unique<IndexFaults>(device_, label_); }

 protected:
  void copy_x(const Call& call) const {
    const ConstView& x = call.in[0];
    if (call.out[0].data != x.data)
      device_.copy(call.out[0].data, x.data, checked_mul(x.count(), size_bytes(x.element)), call.stream);
  }
  void scatter(const Call& call, cuda::ScatterArguments a) const {
    const void *indices = call.in[1].data, *updates = call.in[2].data;
    void *to = call.out[0].data, *fault = IndexFaults::of(call);
    void* arguments[] = {&a, &updates, &indices, &fault, &to};
    constexpr unsigned threads = 128;
    module_->launch("scatter", {.grid_x = blocks_for(a.lines, threads), .threads = threads}, arguments, call.stream);
  }

 private:
  Device& device_;
  std::string label_;
  std::shared_ptr<const CudaModule> module_;
};

// The updates come one after another: `length` on a line, each with a look-up. In place, x itself is not moved.
inline void price_scattered(Offer& offer, const Target& target, int64_t length) {
  constexpr double update_ms = 2e-4;
  offer.in_place = 0;
  price_on_device(offer, target, 0, 1);
  offer.expected_ms += update_ms * double(length);
}

}  // namespace tenon
