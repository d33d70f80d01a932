#include "kernels/cpu/isa.h"
#include "kernels/cpu/softmax_rows.h"
#include "ops/softmax/softmax.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

constexpr int64_t rows_per_task_bytes = 32 << 10;

class SoftmaxRows final : public Kernel {
 public:
  explicit SoftmaxRows(bool log) : log_(log) {}
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    int64_t length = x[x.rank() - 1], rows = length ? x.count() / length : 0;
    int64_t per_task = std::max<int64_t>(1, rows_per_task_bytes / (4 * length + 1));
    auto* row = by_isa(softmax_row<4>, softmax_row<8>, softmax_row<16>);
    call.workers.run((rows + per_task - 1) / per_task, [&](int64_t task) {
      for (int64_t r = task * per_task; r < std::min(rows, (task + 1) * per_task); ++r)
        row(x.as<float>() + r * length, call.out[0].as<float>() + r * length, length, log_);
    });
  }

 private:
  bool log_;
};

std::string fit(const Node& node, const Target& target, Offer& offer) {
  const TensorType& x = node.input(0).type();
  if (x.element != ElementType::f32) return concat("x has elements of type ", x.element);
  if (x.rank() == 0 || axis_of(as<Softmax>(node)->axis, x.rank()) != x.rank() - 1) return "the axis is not the last";
  offer.in_place = 0;
  price(offer, target, 20 * double(at(x.shape, target.typical).count()));
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  return std::make_unique<SoftmaxRows>(as<Softmax>(offer.region.root())->log);
}

constexpr NodeKernel kernels[] = {{"softmax.rows", fit, prepare}};

}  // namespace

extern const NodeKernels softmax_cpu;
const NodeKernels softmax_cpu = kernels;

}  // namespace tenon
