// Blocks of neighbouring rows; where the result lies on the cache nothing but the update is written.
#include <cstring>

#include "ops/tensor_scatter/tensor_scatter.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

class TensorScatterBlocks final : public Kernel {
 public:
  explicit TensorScatterBlocks(const TensorScatter& op) : op_(op) {}
  void run(const Call& call) const override {
    const ConstView &cache = call.in[0], &update = call.in[1];
    int along = axis_of(op_.axis, cache.rank());
    int64_t row = cache.extents.count_between(along + 1, cache.rank()) * size_bytes(cache.element);
    int64_t room = cache[along], length = update[along], heads = cache.extents.count_between(1, along);
    for (int64_t b = 0; b < cache[0]; ++b) op_.place(call.in, b);  // all is refused before anything is written
    if (cache.count() == 0) return;
    call.workers.run(cache[0] * heads, [&](int64_t block) {
      const std::byte *old = cache.as<std::byte>() + block * room * row,
                      *fresh = update.as<std::byte>() + block * length * row;
      std::byte* to = call.out[0].as<std::byte>() + block * room * row;
      int64_t first = op_.place(call.in, block / heads), before_end = std::min(length, room - first);
      if (to != old) std::memcpy(to, old, size_t(room * row));
      std::memcpy(to + first * row, fresh, size_t(before_end * row));
      std::memcpy(to, fresh + before_end * row, size_t((length - before_end) * row));
    });
  }

 private:
  TensorScatter op_;
};

std::string fit(const Node&, const Target& target, Offer& offer) {
  offer.in_place = 0;
  price(offer, target, 0, 1, 1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  return std::make_unique<TensorScatterBlocks>(*as<TensorScatter>(offer.region.root()));
}

constexpr NodeKernel kernels[] = {{"tensor_scatter.blocks", fit, prepare}};

}  // namespace

extern const NodeKernels tensor_scatter_cpu;
const NodeKernels tensor_scatter_cpu = kernels;

}  // namespace tenon
