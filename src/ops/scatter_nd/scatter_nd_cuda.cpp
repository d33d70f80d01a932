// Elements at one place of all blocks are one thread's.
#include "ops/scatter_cuda.h"
#include "ops/scatter_nd/scatter_nd.h"

namespace tenon {

namespace {

class ScatterNdLines final : public DeviceScatter {
 public:
  ScatterNdLines(Device& device, const Node& node, const Offer& offer)
      : DeviceScatter(device, node, as<ScatterNd>(node)->reduction, offer) {}
  void run(const Call& call) const override {
    const Extents &x = call.in[0].extents, &indices = call.in[1].extents;
    copy_x(call);
    if (call.in[2].count() == 0) return;
    int64_t depth = indices[indices.rank - 1], rows = indices.count_between(0, indices.rank - 1);
    check(depth <= x.rank, "the indices ", indices, " address ", depth, " axes of ", x);
    int64_t block = x.count_between(int(depth), x.rank);
    check(call.in[2].count() == checked_mul(rows, block), "the updates are ", call.in[2].extents, ", expected ", rows,
          " blocks of ", block);
    cuda::ScatterArguments a = cuda::scatter_arguments({block}, {1}, {1}, {0});
    a.length = rows, a.update_step = block, a.index_step = depth, a.depth = depth;
    int64_t step = block;
    for (int64_t k = depth - 1; k >= 0; step *= a.range[k--]) a.range[k] = x[int(k)], a.step[k] = step;
    scatter(call, a);
  }
};

std::string fit(const Node& node, const Target& target, Offer& offer) {
  Extents indices = at(node.input(1).shape(), target.typical);
  price_scattered(offer, target, indices.count_between(0, indices.rank - 1));
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  return std::make_unique<ScatterNdLines>(*target.device, offer.region.root(), offer);
}

constexpr NodeKernel kernels[] = {{"cuda.scatter_nd", fit, prepare}};

}  // namespace

extern const NodeKernels scatter_nd_cuda;
const NodeKernels scatter_nd_cuda = kernels;

}  // namespace tenon
