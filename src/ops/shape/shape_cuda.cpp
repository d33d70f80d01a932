// Extents are numbers of the host's: x is not read, whatever it lies in.
#include "devices/cuda/module.h"
#include "kernels/cuda/integers.h"
#include "ops/shape/shape.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

class ShapeList final : public Kernel {
 public:
  ShapeList(Device& device, int first) : module_(cuda_module(device, cuda::list_source())), first_(first) {}
  void run(const Call& call) const override {
    cuda::IntegerList a;
    a.count = call.out[0].count();
    if (a.count == 0) return;
    for (int i = 0; i < a.count; ++i) a.number[i] = call.in[0][first_ + i];
    void* to = call.out[0].data;
    void* arguments[] = {&a, &to};
    module_->launch("list", {.threads = 32}, arguments, call.stream);
  }

 private:
  std::shared_ptr<const CudaModule> module_;
  int first_;
};

template <Layout layout>
std::string fit(const Node& node, const Target& target, Offer& offer) {
  if (layout != Layout::plain && !has_channels(node.input(0).type())) return "x has no channels";
  offer.operands[0].format.layout = layout;
  price_on_device(offer, target, 0, 1, 0);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  const Node& node = offer.region.root();
  return std::make_unique<ShapeList>(*target.device, as<ShapeOf>(node)->axes(node.input(0).type().rank()).first);
}

constexpr NodeKernel kernels[] = {{"cuda.shape", fit<Layout::plain>, prepare},
                                  {"cuda.shape", fit<Layout::nhwc>, prepare}};

}  // namespace

extern const NodeKernels shape_cuda;
const NodeKernels shape_cuda = kernels;

}  // namespace tenon
