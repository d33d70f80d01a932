#include <cstring>

#include "ops/gather/gather.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

constexpr int64_t bytes_per_task = 64 << 10;

int64_t index_at(const ConstView& indices, int64_t i) {
  return indices.element == ElementType::i64 ? indices.as<int64_t>()[i] : indices.as<int32_t>()[i];
}

class GatherRows final : public Kernel {
 public:
  explicit GatherRows(int axis) : axis_(axis) {}
  void run(const Call& call) const override {
    const ConstView &x = call.in[0], &indices = call.in[1];
    int64_t outer = x.extents.count_between(0, axis_), extent = x[axis_], count = indices.count();
    int64_t row_bytes = x.extents.count_between(axis_ + 1, x.rank()) * size_bytes(x.element);
    if (outer == 0) return;
    for (int64_t i = 0; i < count; ++i) {
      int64_t index = index_at(indices, i);
      check(-extent <= index && index < extent, "index ", index, " at position ", i, " is out of range for extent ",
            extent);
    }
    if (row_bytes == 0) return;
    int64_t rows = outer * count, per_task = std::max<int64_t>(1, bytes_per_task / row_bytes);
    call.workers.run((rows + per_task - 1) / per_task, [&](int64_t task) {
      for (int64_t r = task * per_task; r < std::min(rows, (task + 1) * per_task); ++r) {
        int64_t index = index_at(indices, r % count);
        int64_t from = r / count * extent + (index < 0 ? index + extent : index);
        std::memcpy(call.out[0].as<std::byte>() + r * row_bytes, x.as<std::byte>() + from * row_bytes,
                    size_t(row_bytes));
      }
    });
  }

 private:
  int axis_;
};

std::string fit(const Node&, const Target& target, Offer& offer) {
  price(offer, target, 0, 1, 1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  const Node& node = offer.region.root();
  return std::make_unique<GatherRows>(axis_of(as<Gather>(node)->axis, node.input(0).type().rank()));
}

constexpr NodeKernel kernels[] = {{"gather.rows", fit, prepare}};

}  // namespace

extern const NodeKernels gather_cpu;
const NodeKernels gather_cpu = kernels;

}  // namespace tenon
