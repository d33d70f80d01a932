// One block of threads a row.
#include "devices/cuda/module.h"
#include "kernels/cuda/rows.h"
#include "ops/arg/arg.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

class ArgBlocks final : public Kernel {
 public:
  ArgBlocks(Device& device, const Arg& op, ElementType element, std::vector<bool> along)
      : module_(cuda_module(device, cuda::arg_source(op.kind == ArgKind::max, op.last, element))),
        along_(std::move(along)) {}
  void run(const Call& call) const override {
    if (call.out[0].count() == 0) return;
    cuda::RowArguments a = cuda::row_arguments(call.in[0].extents, along_, false);
    check(a.length > 0, "rows of ", call.in[0].extents, " have no elements");
    const void* from = call.in[0].data;
    void* to = call.out[0].data;
    void* arguments[] = {&a, &from, &to};
    module_->launch("arg", {.grid_x = cuda::row_blocks(a), .threads = cuda::row_threads}, arguments, call.stream);
  }

 private:
  std::shared_ptr<const CudaModule> module_;
  std::vector<bool> along_;  // by axis
};

std::string fit(const Node&, const Target&, Offer&) { return ""; }

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  const Node& node = offer.region.root();
  std::vector<bool> along(size_t(node.input(0).type().rank()), false);
  along[size_t(axis_of(as<Arg>(node)->axis, int(along.size())))] = true;
  return std::make_unique<ArgBlocks>(*target.device, *as<Arg>(node), offer.operands[0].format.element,
                                     std::move(along));
}

constexpr NodeKernel kernels[] = {{"cuda.arg", fit, prepare}};

}  // namespace

extern const NodeKernels arg_cuda;
const NodeKernels arg_cuda = kernels;

}  // namespace tenon
