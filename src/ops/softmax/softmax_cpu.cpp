#include "kernels/cpu/isa.h"
#include "kernels/cpu/softmax_rows.h"
#include "ops/moves_cpu.h"
#include "ops/softmax/softmax.h"

namespace tenon {

namespace {

constexpr int64_t rows_per_task_bytes = 32 << 10;

class SoftmaxRows final : public Kernel {
 public:
  SoftmaxRows(int axis, bool log) : axis_(axis), log_(log) {}
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    int64_t length = x[axis_], rows = length ? x.count() / length : 0;
    int64_t per_task = std::max<int64_t>(1, rows_per_task_bytes / (4 * length + 1));
    auto* row = by_isa(softmax_row<4>, softmax_row<8>, softmax_row<16>);
    call.workers.run((rows + per_task - 1) / per_task, [&](int64_t task) {
      for (int64_t r = task * per_task; r < std::min(rows, (task + 1) * per_task); ++r)
        row({x.as<float>() + r * length, call.out[0].as<float>() + r * length, length, log_});
    });
  }

 private:
  int axis_;
  bool log_;
};

// Neighbours in memory belong to different sums: as many of them at a time as a vector has lanes.
class SoftmaxColumns final : public Kernel {
 public:
  SoftmaxColumns(int axis, bool log) : axis_(axis), log_(log) {}
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    int64_t length = x[axis_], outer = x.extents.count_between(0, axis_);
    int64_t inner = x.extents.count_between(axis_ + 1, x.rank());
    if (length == 0 || inner == 0) return;
    auto* columns = by_isa(softmax_columns<4>, softmax_columns<8>, softmax_columns<16>);
    int64_t lanes = float_lanes(), blocks = (inner + lanes - 1) / lanes;
    int64_t per_task = std::max<int64_t>(1, rows_per_task_bytes / (4 * length * lanes));
    int64_t tasks = (blocks + per_task - 1) / per_task;
    call.workers.run(outer * tasks, [&](int64_t task) {
      int64_t first = task % tasks * per_task, at = task / tasks * length * inner;
      for (int64_t b = first; b < std::min(blocks, first + per_task); ++b)
        columns({x.as<float>() + at + b * lanes, call.out[0].as<float>() + at + b * lanes, length, log_}, inner,
                std::min(lanes, inner - b * lanes));
    });
  }

 private:
  int axis_;
  bool log_;
};

int axis_in(const Node& node) { return axis_of(as<Softmax>(node)->axis, node.input(0).type().rank()); }

enum class Form { rows, columns, channels };  // channels: rows of nhwc

template <Form form>
std::string fit(const Node& node, const Target& target, Offer& offer) {
  const TensorType& x = node.input(0).type();
  if (x.element != ElementType::f32) return concat("x has elements of type ", x.element);
  if (x.rank() == 0) return "x is of rank 0";
  bool last = axis_in(node) == x.rank() - 1;
  if (form == Form::rows && !last) return "the axis is not the last";
  if (form == Form::columns && last) return "the axis is the last";
  if (form == Form::channels) {
    if (axis_in(node) != 1) return "the axis is not that of channels";
    if (std::string reason = use_layout(offer, Layout::nhwc); !reason.empty()) return reason;
  }
  offer.in_place = 0;
  offer.expected_ms += 1e-6 * exponential_ns * double(at(x.shape, target.typical).count());
  return "";
}

template <class Kernel>
std::unique_ptr<tenon::Kernel> prepare(const Offer& offer, const Target&) {
  const Node& node = offer.region.root();
  return std::make_unique<Kernel>(axis_in(node), as<Softmax>(node)->log);
}

constexpr NodeKernel kernels[] = {{"softmax.rows", fit<Form::rows>, prepare<SoftmaxRows>},
                                  {"softmax.columns", fit<Form::columns>, prepare<SoftmaxColumns>},
                                  {"softmax.channels", fit<Form::channels>, prepare<SoftmaxRows>}};

}  // namespace

extern const NodeKernels softmax_cpu;
const NodeKernels softmax_cpu = kernels;

}  // namespace tenon
