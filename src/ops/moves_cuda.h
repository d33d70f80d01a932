// What kernels for GPUs that only move elements share: the prepared text, which serves every type.
#pragma once
#include "devices/cuda/module.h"
#include "kernels/cuda/moves.h"
#include "select/index_faults.h"
#include "select/node_kernel.h"

namespace tenon {

constexpr unsigned move_threads = 256;

class DeviceMoves {
 public:
  explicit DeviceMoves(Device& device) : module_(cuda_module(device, cuda::move_source())) {}

  // Elements of `bytes` each; steps are in elements.
  void move(const Extents& extents, const void* from, const Extents& from_steps, void* to, const Extents& to_steps,
            int64_t bytes, void* stream) const {
    cuda::MoveArguments a = cuda::move_arguments(extents, from_steps, to_steps);
    if (a.count == 0) return;
    int wide = cuda::widen(a, bytes, from, to);
    void* arguments[] = {&a, &from, &to};
    module_->launch(cuda::move_name("move", wide, a.count).c_str(),
                    {.grid_x = blocks_for(a.count, move_threads), .threads = move_threads}, arguments, stream);
  }

 private:
  std::shared_ptr<const CudaModule> module_;
};

// Elements whose source is looked up in `call.in[1]`; the result is dense.
class DeviceGathers : public Kernel {
 public:
  DeviceGathers(Device& device, const Node& node, ElementType index, bool clamped = false)
      : device_(device), label_(node.label()), module_(cuda_module(device, cuda::gather_source(index, clamped))) {}
  std::unique_ptr<KernelState> make_state(int) const override { return std::make_unique<IndexFaults>(device_, label_); }

 protected:
  void gather(const Call& call, cuda::MoveArguments a, const void* from) const {
    const void* indices = call.in[1].data;
    void *to = call.out[0].data, *fault = IndexFaults::of(call);
    int wide = cuda::widen(a, size_bytes(call.out[0].element), from, to);
    void* arguments[] = {&a, &from, &indices, &fault, &to};
    module_->launch(cuda::move_name("gather", wide, a.count).c_str(),
                    {.grid_x = blocks_for(a.count, move_threads), .threads = move_threads}, arguments, call.stream);
  }

 private:
  Device& device_;
  std::string label_;
  std::shared_ptr<const CudaModule> module_;
};

// Empty, or why the elements cannot lie so: no kernel of the device changes the layout of small types.
inline std::string use_device_layout(Offer& offer, Layout layout) {
  if (layout == Layout::plain) return "";
  if (small_types.contains(offer.results[0].element)) return concat("elements are ", offer.results[0].element);
  return use_layout(offer, layout);
}

// By the bytes of the results, read and written: what lies beside them in the operands is not touched.
inline void price_moved(Offer& offer, const Target& target) {
  double bytes = 0;
  for (size_t i = 0; i < offer.results.size(); ++i)
    bytes += 2 * double(stored_bytes(*offer.region.exits[i], offer.results[i], target));
  price_on_device(offer, target, 0, 1, bytes);
}

}  // namespace tenon
