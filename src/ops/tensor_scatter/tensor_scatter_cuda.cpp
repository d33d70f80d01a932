// The update's elements alone are written where the result lies on the cache; else the cache is copied first.
#include "devices/cuda/module.h"
#include "kernels/cuda/scatter.h"
#include "ops/tensor_scatter/tensor_scatter.h"
#include "select/index_faults.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

// Rows in elements as wide as they and the addresses allow it.
int widen(cuda::CacheArguments& a, int64_t bytes, const void* from, const void* to) {
  auto aligned = [](const void* p, int64_t wide) { return reinterpret_cast<uintptr_t>(p) % uintptr_t(wide) == 0; };
  while (bytes < 16 && a.row % 2 == 0 && aligned(from, 2 * bytes) && aligned(to, 2 * bytes))
    a.row /= 2, a.count /= 2, bytes *= 2;
  return int(bytes);
}

class TensorScatterThreads final : public Kernel {
 public:
  TensorScatterThreads(Device& device, const Node& node, ElementType places)
      : device_(device),
        op_(*as<TensorScatter>(node)),
        label_(node.label()),
        module_(cuda_module(device, cuda::cache_source(op_.circular, places))) {}
  std::unique_ptr<KernelState> make_state(int) const override { return std::make_unique<IndexFaults>(device_, label_); }
  void run(const Call& call) const override {
    const ConstView &cache = call.in[0], &update = call.in[1];
    int along = axis_of(op_.axis, cache.rank());
    check(update[along] <= cache[along], "the update ", update.extents, " is longer than the cache ", cache.extents);
    int64_t bytes = size_bytes(cache.element);
    if (call.out[0].data != cache.data)
      device_.copy(call.out[0].data, cache.data, checked_mul(cache.count(), bytes), call.stream);
    cuda::CacheArguments a;
    a.count = update.count();
    if (a.count == 0) return;
    a.row = cache.extents.count_between(along + 1, cache.rank());
    a.length = update[along], a.room = cache[along], a.heads = cache.extents.count_between(1, along);
    const void *from = update.data, *places = call.in.size() == 3 ? call.in[2].data : nullptr;
    void *to = call.out[0].data, *fault = IndexFaults::of(call);
    int wide = widen(a, bytes, from, to);
    void* arguments[] = {&a, &from, &places, &fault, &to};
    constexpr unsigned threads = 128;
    module_->launch(concat("cache", wide).c_str(), {.grid_x = blocks_for(a.count, threads), .threads = threads},
                    arguments, call.stream);
  }

 private:
  Device& device_;
  TensorScatter op_;
  std::string label_;
  std::shared_ptr<const CudaModule> module_;
};

// As if in place, which is what caches are for.
std::string fit(const Node& node, const Target& target, Offer& offer) {
  offer.in_place = 0;
  price_on_device(offer, target, 0, 1, 2 * double(stored_bytes(node.input(1), offer.operands[1].format, target)));
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  ElementType places = offer.operands.size() == 3 ? offer.operands[2].format.element : ElementType::i64;
  return std::make_unique<TensorScatterThreads>(*target.device, offer.region.root(), places);
}

constexpr NodeKernel kernels[] = {{"cuda.tensor_scatter", fit, prepare}};

}  // namespace

extern const NodeKernels tensor_scatter_cuda;
const NodeKernels tensor_scatter_cuda = kernels;

}  // namespace tenon
