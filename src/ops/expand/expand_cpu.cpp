#include "kernels/cpu/strided_move.h"
#include "ops/expand/expand.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

class ExpandMove final : public Kernel {
 public:
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    for (int d = y.rank() - 1, k = x.rank() - 1; k >= 0; --d, --k)
      check(x[k] == 1 || x[k] == y[d], "cannot broadcast ", x.extents, " to ", y.extents);
    strided_move({y.extents, broadcast_strides(x.extents, y.extents), strides_of(y.extents)}, size_bytes(y.element),
                 x.data, y.data, call.workers);
  }
};

std::string fit(const Node&, const Target& target, Offer& offer) {
  price(offer, target, 0, 1, 1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer&, const Target&) { return std::make_unique<ExpandMove>(); }

constexpr NodeKernel kernels[] = {{"expand.move", fit, prepare}};

}  // namespace

extern const NodeKernels expand_cpu;
const NodeKernels expand_cpu = kernels;

}  // namespace tenon
