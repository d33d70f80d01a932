// A repeated axis is two: the times, along which the source stays, and the axis itself.
#include "ops/moves_cuda.h"
#include "ops/tile/tile.h"

namespace tenon {

namespace {

// By axis of x: whether the result's may be longer.
std::vector<bool> repeated(const Node& node) {
  const Shape &x = node.input(0).shape(), &y = node.output().shape();
  std::vector<bool> list;
  for (size_t d = 0; d < x.size(); ++d) list.push_back(x[d] != y[d]);
  return list;
}

class TileMove final : public Kernel {
 public:
  TileMove(Device& device, std::vector<bool> repeated) : moves_(device), repeated_(std::move(repeated)) {}
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    if (y.count() == 0) return;
    Extents x_steps = strides_of(x.extents), y_steps = strides_of(y.extents), extents, from, to;
    for (int d = 0; d < x.rank(); ++d) {
      check(x[d] > 0 && y[d] % x[d] == 0 && (repeated_[size_t(d)] || y[d] == x[d]), "axis ", d, " of ", y.extents,
            " does not repeat that of ", x.extents);
      if (repeated_[size_t(d)]) extents.push(y[d] / x[d]), from.push(0), to.push(y_steps[d] * x[d]);
      extents.push(x[d]), from.push(x_steps[d]), to.push(y_steps[d]);
    }
    moves_.move(extents, x.data, from, y.data, to, size_bytes(y.element), call.stream);
  }

 private:
  DeviceMoves moves_;
  std::vector<bool> repeated_;
};

std::string fit(const Node& node, const Target& target, Offer& offer) {
  std::vector<bool> list = repeated(node);
  size_t axes = list.size() + size_t(std::count(list.begin(), list.end(), true));
  if (axes > size_t(Extents::max_rank)) return concat("it has ", axes, " axes with those of the times");
  offer.operands.resize(1);  // the times have done their work
  price_on_device(offer, target, 0, 1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  return std::make_unique<TileMove>(*target.device, repeated(offer.region.root()));
}

constexpr NodeKernel kernels[] = {{"cuda.tile", fit, prepare}};

}  // namespace

extern const NodeKernels tile_cuda;
const NodeKernels tile_cuda = kernels;

}  // namespace tenon
