// The amounts are known when the plan is made; the number that stands outside lies on the device.
#include "devices/cuda/module.h"
#include "kernels/cuda/pad.h"
#include "ops/constant/constant.h"
#include "ops/known_list.h"
#include "ops/pad/pad.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

cuda::PadWay way_of(PadMode mode) {
  switch (mode) {
    case PadMode::constant: return cuda::PadWay::constant;
    case PadMode::reflect: return cuda::PadWay::reflect;
    case PadMode::edge: return cuda::PadWay::edge;
    case PadMode::wrap: break;
  }
  return cuda::PadWay::wrap;
}

class PadThreads final : public Kernel {
 public:
  PadThreads(Device& device, const Node& node)
      : module_(cuda_module(device, cuda::pad_source(way_of(as<Pad>(node)->mode)))) {
    std::vector<int64_t> amounts = list_in(constant_of(node.input(1))->view());
    size_t rank = size_t(node.input(0).type().rank()), listed = amounts.size() / 2;
    before_.resize(rank), behind_.resize(rank);
    const std::vector<int64_t>& axes = as<Pad>(node)->axes;
    for (size_t i = 0; i < listed; ++i) {
      size_t axis = axes.empty() ? i : size_t(axis_of(axes[i], int(rank)));
      before_[axis] = amounts[i], behind_[axis] = amounts[i + listed];
    }
  }

  void run(const Call& call) const override {
    const Extents &x = call.in[0].extents, &y = call.out[0].extents;
    cuda::PadArguments a;
    a.count = y.count(), a.rank = y.rank;
    if (a.count == 0) return;
    Extents steps = strides_of(x);
    for (int d = 0; d < x.rank; ++d) {
      int64_t before = before_[size_t(d)], behind = behind_[size_t(d)];
      check(y[d] == x[d] + before + behind, "axis ", d, " was to have ", y[d], " elements, has ",
            x[d] + before + behind);
      a.extent[d] = y[d], a.step[d] = steps[d];
      a.before[d] = std::max<int64_t>(0, before), a.first[d] = std::max<int64_t>(0, -before);
      a.kept[d] = std::max<int64_t>(0, x[d] - a.first[d] - std::max<int64_t>(0, -behind));
    }
    const void *from = call.in[0].data, *number = call.in.size() == 2 ? call.in[1].data : nullptr;
    void* to = call.out[0].data;
    void* arguments[] = {&a, &from, &number, &to};
    constexpr unsigned threads = 256;
    module_->launch(concat("pad", size_bytes(call.out[0].element)).c_str(),
                    {.grid_x = blocks_for(a.count, threads), .threads = threads}, arguments, call.stream);
  }

 private:
  std::shared_ptr<const CudaModule> module_;
  std::vector<int64_t> before_, behind_;  // by axis
};

std::string fit(const Node& node, const Target& target, Offer& offer) {
  if (!constant_of(node.input(1))) return "the amounts are not known when the plan is made";
  offer.operands.erase(offer.operands.begin() + 1);
  price_on_device(offer, target, 0, 1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  return std::make_unique<PadThreads>(*target.device, offer.region.root());
}

constexpr NodeKernel kernels[] = {{"cuda.pad", fit, prepare}};

}  // namespace

extern const NodeKernels pad_cuda;
const NodeKernels pad_cuda = kernels;

}  // namespace tenon
