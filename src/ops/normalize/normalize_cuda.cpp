// One block of threads a row, which may lie along any axes.
#include "devices/cuda/module.h"
#include "kernels/cuda/rows.h"
#include "ops/normalize/normalize.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

class NormalizeBlocks final : public Kernel {
 public:
  NormalizeBlocks(Device& device, const std::string& source, double epsilon, std::vector<bool> along, bool in_double)
      : module_(cuda_module(device, source)), epsilon_(epsilon), along_(std::move(along)), in_double_(in_double) {}

  void run(const Call& call) const override {
    const Extents& x = call.in[0].extents;
    if (call.out[0].count() == 0) return;
    auto steps = [&](size_t i) { return broadcast_strides(i < call.in.size() ? call.in[i].extents : Extents(), x); };
    auto data = [&](size_t i) { return i < call.in.size() ? call.in[i].data : nullptr; };
    cuda::RowArguments a = cuda::row_arguments(x, along_, true);
    cuda::RowArguments b = cuda::row_arguments(x, along_, steps(1), steps(2));
    const void *from = data(0), *scale = data(1), *bias = data(2);
    void* to = call.out[0].data;
    double wide = epsilon_;
    float narrow = float(epsilon_);
    void* epsilon = in_double_ ? static_cast<void*>(&wide) : &narrow;
    void* arguments[] = {&a, &b, epsilon, &from, &scale, &bias, &to};
    module_->launch("normalize", {.grid_x = cuda::row_blocks(a), .threads = cuda::row_threads}, arguments, call.stream);
  }

 private:
  std::shared_ptr<const CudaModule> module_;
  double epsilon_;
  std::vector<bool> along_;  // by axis
  bool in_double_;
};

std::string fit(const Node&, const Target&, Offer&) { return ""; }

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  const Node& node = offer.region.root();
  const Normalize& op = *as<Normalize>(node);
  std::vector<bool> along(size_t(node.input(0).type().rank()), false);
  for (int axis : axes_of(op.axes, int(along.size()))) along[size_t(axis)] = true;
  ElementType element = offer.operands[0].format.element;
  return std::make_unique<NormalizeBlocks>(*target.device,
                                           cuda::normalize_source(op.center, element, offer.results[0].element),
                                           op.epsilon, std::move(along), element == ElementType::f64);
}

constexpr NodeKernel kernels[] = {{"cuda.normalize", fit, prepare}};

}  // namespace

extern const NodeKernels normalize_cuda;
const NodeKernels normalize_cuda = kernels;

}  // namespace tenon
