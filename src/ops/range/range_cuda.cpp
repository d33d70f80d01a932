#include "devices/cuda/module.h"
#include "kernels/cuda/integers.h"
#include "ops/range/range.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

class RangeThreads final : public Kernel {
 public:
  RangeThreads(Device& device, ElementType element) : module_(cuda_module(device, cuda::range_source(element))) {}
  void run(const Call& call) const override {
    long long count = call.out[0].count();
    if (count == 0) return;
    const void *start = call.in[0].data, *delta = call.in[1].data;
    void* to = call.out[0].data;
    void* arguments[] = {&count, &start, &delta, &to};
    constexpr unsigned threads = 256;
    module_->launch("range", {.grid_x = blocks_for(count, threads), .threads = threads}, arguments, call.stream);
  }

 private:
  std::shared_ptr<const CudaModule> module_;
};

std::string fit(const Node& node, const Target&, Offer& offer) {
  if (ElementType e = node.output().element(); float_types.contains(e)) return concat("elements are ", e);
  offer.operands.erase(offer.operands.begin() + 1);  // the limit has done its work
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  return std::make_unique<RangeThreads>(*target.device, offer.results[0].element);
}

constexpr NodeKernel kernels[] = {{"cuda.range", fit, prepare}};

}  // namespace

extern const NodeKernels range_cuda;
const NodeKernels range_cuda = kernels;

}  // namespace tenon
