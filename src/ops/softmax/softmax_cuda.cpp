// One block of threads a row; rows lie along any axis.
#include "devices/cuda/module.h"
#include "kernels/cuda/rows.h"
#include "ops/softmax/softmax.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

class SoftmaxBlocks final : public Kernel {
 public:
  SoftmaxBlocks(Device& device, const std::string& source, std::vector<bool> along)
      : module_(cuda_module(device, source)), along_(std::move(along)) {}

  void run(const Call& call) const override {
    cuda::RowArguments a = cuda::row_arguments(call.in[0].extents, along_, true);
    if (call.out[0].extents.count() == 0) return;
    const void* from = call.in[0].data;
    void* to = call.out[0].data;
    void* arguments[] = {&a, &from, &to};
    module_->launch("softmax", {.grid_x = cuda::row_blocks(a), .threads = cuda::row_threads}, arguments, call.stream);
  }

 private:
  std::shared_ptr<const CudaModule> module_;
  std::vector<bool> along_;  // by axis: the one that softmax is taken along
};

std::string fit(const Node& node, const Target&, Offer&) {
  ElementType element = node.input(0).element();
  return float_types.contains(element) ? "" : concat("elements are ", element);
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  const auto& op = *as<Softmax>(offer.region.root());
  int rank = offer.region.root().input(0).type().rank();
  std::vector<bool> along(size_t(rank), false);
  along[size_t(axis_of(op.axis, rank))] = true;
  std::string source = cuda::softmax_source(op.log, offer.operands[0].format.element, offer.results[0].element);
  return std::make_unique<SoftmaxBlocks>(*target.device, source, std::move(along));
}

constexpr NodeKernel kernels[] = {{"cuda.softmax", fit, prepare}};

}  // namespace

extern const NodeKernels softmax_cuda;
const NodeKernels softmax_cuda = kernels;

}  // namespace tenon
