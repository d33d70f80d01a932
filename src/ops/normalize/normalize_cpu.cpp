#include "kernels/cpu/isa.h"
#include "kernels/cpu/normalize_row.h"
#include "ops/normalize/normalize.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

// Layer and RMS normalization: over the last axes, scale and bias with one number for each element of a row.
class NormalizeRows final : public Kernel {
 public:
  NormalizeRows(const Normalize& op, int axes) : op_(op), axes_(axes) {}
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    int64_t length = x.extents.count_between(x.rank() - axes_, x.rank()), rows = length ? x.count() / length : 0;
    int64_t per_task = std::max<int64_t>(1, 8192 / (length + 1));
    const float* scale = call.in.size() > 1 ? call.in[1].as<float>() : nullptr;
    const float* bias = call.in.size() > 2 ? call.in[2].as<float>() : nullptr;
    auto* row = by_isa(normalize_row<4>, normalize_row<8>, normalize_row<16>);
    call.workers.run((rows + per_task - 1) / per_task, [&](int64_t task) {
      for (int64_t r = task * per_task; r < std::min(rows, (task + 1) * per_task); ++r)
        row(x.as<float>() + r * length, call.out[0].as<float>() + r * length, length, scale, bias, float(op_.epsilon),
            op_.center);
    });
  }

 private:
  Normalize op_;
  int axes_;
};

std::string fit(const Node& node, const Target& target, Offer& offer) {
  const TensorType& x = node.input(0).type();
  if (x.element != ElementType::f32) return concat("x has elements of type ", x.element);
  std::vector<int> axes = axes_of(as<Normalize>(node)->axes, x.rank());
  if (axes.front() != x.rank() - int(axes.size())) return "the axes are not the last";
  Shape row(x.shape.end() - long(axes.size()), x.shape.end());
  for (int i = 1; i < node.input_count(); ++i) {
    Shape s = node.input(i).shape();
    while (s.size() > row.size() && s.front() == Dim(1)) s.erase(s.begin());
    if (s != row) return concat("'", node.input(i).name, "' is broadcast within a row");
  }
  offer.in_place = 0;
  price(offer, target, 3 * double(at(x.shape, target.typical).count()), .1);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) {
  const Node& node = offer.region.root();
  const Normalize& op = *as<Normalize>(node);
  return std::make_unique<NormalizeRows>(op, int(axes_of(op.axes, node.input(0).type().rank()).size()));
}

constexpr NodeKernel kernels[] = {{"normalize.rows", fit, prepare}};

}  // namespace

extern const NodeKernels normalize_cpu;
const NodeKernels normalize_cpu = kernels;

}  // namespace tenon
