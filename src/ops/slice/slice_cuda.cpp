// Cuts that are known when the plan is made are steps alone; where a cut begins may also be read on the device.
#include "ops/constant/constant.h"
#include "ops/known_list.h"
#include "ops/moves_cuda.h"
#include "ops/slice/slice.h"
#include "regions/cuda_generated/kernels.h"

namespace tenon {

namespace {

class SliceMove final : public Kernel {
 public:
  SliceMove(Device& device, const Node& node, Layout layout)
      : moves_(device), slice_(*as<Slice>(node)), layout_(layout) {
    for (int i = 1; i < node.input_count(); ++i) cuts_.push_back(constant_of(node.input(i)));
  }
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    if (y.count() == 0) return;
    std::array<ConstView, 5> in{x};
    for (size_t i = 0; i < cuts_.size(); ++i) in[i + 1] = cuts_[i]->view();
    Slice::Place from =
        slice_.place(std::span(in).first(cuts_.size() + 1), y.extents, cuda::strides_in(layout_, x.extents, x.extents));
    int64_t bytes = size_bytes(y.element);
    moves_.move(y.extents, x.as<std::byte>() + from.first * bytes, from.steps, y.data,
                cuda::strides_in(layout_, y.extents, y.extents), bytes, call.stream);
  }

 private:
  DeviceMoves moves_;
  Slice slice_;
  Layout layout_;
  std::vector<Weights> cuts_;  // starts, ends, axes, steps
};

template <Layout layout>
std::string fit(const Node& node, const Target& target, Offer& offer) {
  for (int i = 1; i < node.input_count(); ++i)
    if (!constant_of(node.input(i))) return "a cut is not known when the plan is made";
  offer.operands.resize(1);
  if (std::string reason = use_device_layout(offer, layout); !reason.empty()) return reason;
  price_moved(offer, target);
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  return std::make_unique<SliceMove>(*target.device, offer.region.root(), offer.results[0].layout);
}

// Reads its starts, the second operand, on the device; the ends are what the result's extents say.
class SliceGather final : public DeviceGathers {
 public:
  SliceGather(Device& device, const Node& node, ElementType starts)
      : DeviceGathers(device, node, starts, true), slice_(*as<Slice>(node)) {
    if (slice_.with_axes) axes_ = constant_of(node.input(3));
    if (slice_.with_steps) steps_ = constant_of(node.input(3 + slice_.with_axes));
  }
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    if (y.count() == 0) return;
    Extents strides = strides_of(x.extents), from = strides, nowhere = y.extents;
    std::fill(nowhere.dims.begin(), nowhere.dims.end(), 0);
    int64_t depth = call.in[1].count();
    std::array<int64_t, Extents::max_rank> step_of{}, axis_at{};
    for (int64_t k = 0; k < depth; ++k) {
      int axis = axis_of(axes_ ? number_in(axes_->view(), k) : k, x.rank());
      axis_at[size_t(k)] = axis;
      step_of[size_t(k)] = steps_ ? number_in(steps_->view(), k) : 1;
      from[axis] = y[axis] == 1 ? 0 : checked_mul(strides[axis], step_of[size_t(k)]);
    }
    cuda::MoveArguments a = cuda::move_arguments(y.extents, from, strides_of(y.extents), &nowhere);
    a.depth = depth;
    for (int64_t k = 0; k < depth; ++k) {
      int axis = int(axis_at[size_t(k)]);
      a.range[k] = x[axis], a.step[k] = strides[axis];
      a.reach[k] = y[axis] == 1 ? 0 : checked_mul(y[axis] - 1, step_of[size_t(k)]);
    }
    gather(call, a, x.data);
  }

 private:
  Slice slice_;
  Weights axes_, steps_;
};

std::string fit_starts(const Node& node, const Target& target, Offer& offer) {
  if (constant_of(node.input(1))) return "where it begins is known when the plan is made";
  for (int i = 3; i < node.input_count(); ++i)
    if (!constant_of(node.input(i))) return "axes or steps are not known when the plan is made";
  offer.operands.resize(2);
  price_moved(offer, target);
  return "";
}

std::unique_ptr<Kernel> prepare_starts(const Offer& offer, const Target& target) {
  return std::make_unique<SliceGather>(*target.device, offer.region.root(), offer.operands[1].format.element);
}

constexpr NodeKernel kernels[] = {{"cuda.slice", fit<Layout::plain>, prepare},
                                  {"cuda.slice", fit<Layout::nhwc>, prepare},
                                  {"cuda.slice_from", fit_starts, prepare_starts}};

}  // namespace

extern const NodeKernels slice_cuda;
const NodeKernels slice_cuda = kernels;

}  // namespace tenon
