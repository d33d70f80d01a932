#include "kernels/cpu/convert_floats.h"
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

// The same of halves: rows are widened into memory of the thread's, and narrowed from there.
class NormalizeHalves final : public Kernel {
 public:
  NormalizeHalves(const Normalize& op, int64_t length, ElementType element) : op_(op), length_(length) {
    bool f16 = element == ElementType::f16;
    widen_ = f16 ? by_isa(widen_halves<4>, widen_halves<8>, widen_halves<16>)
                 : by_isa(widen_bfloats<4>, widen_bfloats<8>, widen_bfloats<16>);
    narrow_ = f16 ? by_isa(narrow_to_halves<4>, narrow_to_halves<8>, narrow_to_halves<16>)
                  : by_isa(narrow_to_bfloats<4>, narrow_to_bfloats<8>, narrow_to_bfloats<16>);
  }
  int64_t scratch_bytes_per_thread() const override { return 3 * length_ * int64_t(sizeof(float)); }
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    int64_t rows = length_ ? x.count() / length_ : 0, per_task = std::max<int64_t>(1, 8192 / (length_ + 1));
    auto* normalize = by_isa(normalize_row<4>, normalize_row<8>, normalize_row<16>);
    call.workers.run((rows + per_task - 1) / per_task, [&](int64_t task) {
      auto* row = reinterpret_cast<float*>(call.own_scratch(scratch_bytes_per_thread()));
      const float* wide[3] = {};  // of scale and bias, behind the row
      for (size_t i = 1; i < call.in.size(); ++i) {
        widen_(call.in[i].data, row + int64_t(i) * length_, length_);
        wide[i] = row + int64_t(i) * length_;
      }
      for (int64_t r = task * per_task; r < std::min(rows, (task + 1) * per_task); ++r) {
        widen_(x.as<uint16_t>() + r * length_, row, length_);
        normalize(row, row, length_, wide[1], wide[2], float(op_.epsilon), op_.center);
        narrow_(row, call.out[0].as<uint16_t>() + r * length_, length_);
      }
    });
  }

 private:
  using Convert = void(const void*, void*, int64_t);
  Normalize op_;
  int64_t length_;
  Convert *widen_, *narrow_;
};

std::string fit(const Node& node, const Target& target, Offer& offer) {
  const TensorType& x = node.input(0).type();
  bool half = half_types.contains(x.element);
  if (x.element != ElementType::f32 && !half) return concat("x has elements of type ", x.element);
  std::vector<int> axes = axes_of(as<Normalize>(node)->axes, x.rank());
  if (axes.front() != x.rank() - int(axes.size())) return "the axes are not the last";
  Shape row(x.shape.end() - long(axes.size()), x.shape.end());
  if (half && !all_known(row)) return "the length of a row of halves is not known";
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
  const TensorType& x = node.input(0).type();
  int axes = int(axes_of(op.axes, x.rank()).size());
  if (x.element == ElementType::f32) return std::make_unique<NormalizeRows>(op, axes);
  int64_t length = at(Shape(x.shape.end() - axes, x.shape.end()), {}).count();
  return std::make_unique<NormalizeHalves>(op, length, x.element);
}

constexpr NodeKernel kernels[] = {{"normalize.rows", fit, prepare}};

}  // namespace

extern const NodeKernels normalize_cpu;
const NodeKernels normalize_cpu = kernels;

}  // namespace tenon
