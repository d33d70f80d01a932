// One block of threads a result.
#include "devices/cuda/module.h"
#include "kernels/cuda/rows.h"
#include "ops/reduce/reduce.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

class ReduceBlocks final : public Kernel {
 public:
  ReduceBlocks(Device& device, const std::string& source, std::vector<bool> reduced)
      : module_(cuda_module(device, source)), reduced_(std::move(reduced)) {}

  void run(const Call& call) const override {
    cuda::RowArguments a = cuda::row_arguments(call.in[0].extents, reduced_, false);
    if (call.out[0].extents.count() == 0) return;
    const void* from = call.in[0].data;
    void* to = call.out[0].data;
    void* arguments[] = {&a, &from, &to};
    module_->launch("reduce", {.grid_x = cuda::row_blocks(a), .threads = cuda::row_threads}, arguments, call.stream);
  }

 private:
  std::shared_ptr<const CudaModule> module_;
  std::vector<bool> reduced_;  // by axis of x
};

cuda::RowKind kind_of(ReduceKind kind) {
  switch (kind) {
    case ReduceKind::sum: return cuda::RowKind::sum;
    case ReduceKind::mean: return cuda::RowKind::mean;
    case ReduceKind::prod: return cuda::RowKind::prod;
    case ReduceKind::max: return cuda::RowKind::max;
    case ReduceKind::min: return cuda::RowKind::min;
    case ReduceKind::l1: return cuda::RowKind::l1;
    case ReduceKind::l2: return cuda::RowKind::l2;
    case ReduceKind::log_sum: return cuda::RowKind::log_sum;
    case ReduceKind::log_sum_exp: return cuda::RowKind::log_sum_exp;
    case ReduceKind::sum_square: return cuda::RowKind::sum_square;
  }
  return cuda::RowKind::sum;
}

std::string fit(const Node& node, const Target& target, Offer& offer) {
  ElementType element = node.input(0).element();
  if (!float_types.contains(element)) return concat("elements are ", element);
  offer.operands.resize(1);  // axes that are an operand have done their work
  price_on_device(offer, target, 0, 1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  const auto& op = *as<Reduce>(offer.region.root());
  std::string source =
      cuda::reduce_source(kind_of(op.kind), offer.operands[0].format.element, offer.results[0].element);
  return std::make_unique<ReduceBlocks>(*target.device, source, op.reduced(offer.region.root().input(0).type().rank()));
}

constexpr NodeKernel kernels[] = {{"cuda.reduce", fit, prepare}};

}  // namespace

extern const NodeKernels reduce_cuda;
const NodeKernels reduce_cuda = kernels;

}  // namespace tenon
