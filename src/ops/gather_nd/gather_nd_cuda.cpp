#include "ops/gather_nd/gather_nd.h"
#include "ops/moves_cuda.h"

namespace tenon {

namespace {

class GatherNdBlocks final : public DeviceGathers {
 public:
  GatherNdBlocks(Device& device, const Node& node, ElementType index)
      : DeviceGathers(device, node, index), batch_(int(as<GatherNd>(node)->batch_dims)) {}
  void run(const Call& call) const override {
    const Extents &x = call.in[0].extents, &indices = call.in[1].extents;
    if (call.out[0].count() == 0) return;
    int64_t depth = indices[indices.rank - 1];
    check(depth <= x.rank - batch_, "the indices ", indices, " address ", depth, " axes of ", x);
    int64_t rows = indices.count_between(batch_, indices.rank - 1);
    int64_t block = x.count_between(batch_ + int(depth), x.rank), whole = x.count_between(batch_, x.rank);
    Extents blocks{x.count_between(0, batch_), rows, block}, from{whole, 0, 1}, by{rows * depth, depth, 0};
    cuda::MoveArguments a = cuda::move_arguments(blocks, from, strides_of(blocks), &by);
    a.depth = depth;
    int64_t step = block;
    for (int64_t k = depth - 1; k >= 0; step *= a.range[k--]) a.range[k] = x[batch_ + int(k)], a.step[k] = step;
    gather(call, a, call.in[0].data);
  }

 private:
  int batch_;
};

std::string fit(const Node&, const Target& target, Offer& offer) {
  price_moved(offer, target);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  return std::make_unique<GatherNdBlocks>(*target.device, offer.region.root(), offer.operands[1].format.element);
}

constexpr NodeKernel kernels[] = {{"cuda.gather_nd", fit, prepare}};

}  // namespace

extern const NodeKernels gather_nd_cuda;
const NodeKernels gather_nd_cuda = kernels;

}  // namespace tenon
