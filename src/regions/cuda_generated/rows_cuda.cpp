// Softmax, reductions and pooling.
#include <algorithm>

#include "devices/device.h"
#include "kernels/cuda/pool.h"
#include "kernels/cuda/rows.h"
#include "ops/pool/pool.h"
#include "ops/reduce/reduce.h"
#include "ops/softmax/softmax.h"
#include "regions/cuda_generated/kernels.h"

namespace tenon::cuda {

namespace {

class RowKernel final : public Kernel {
 public:
  // `reduced` by axis of x; `same_shape`: y has all of x's axes, else only those kept, or extents of 1 in their place.
  RowKernel(Device& device, const char* function, const std::string& source, std::vector<bool> reduced, bool same_shape)
      : function_(function),
        module_(cuda_module(device, source)),
        reduced_(std::move(reduced)),
        same_shape_(same_shape) {}

  void run(const Call& call) const override {
    const Extents& x = call.in[0].extents;
    Extents strides = strides_of(x), kept;
    RowArguments a;
    for (int d = 0; d < x.rank; ++d)
      if (!reduced_[size_t(d)] || same_shape_) kept.push(x[d]);
    Extents y_strides = strides_of(kept);
    int at = 0;
    for (int d = 0; d < x.rank; ++d) {
      bool in_y = !reduced_[size_t(d)] || same_shape_;
      long long y_stride = in_y ? y_strides[at++] : 0;
      auto add = [&](long long& rank, long long* extent, long long* sx, long long* sy) {
        extent[rank] = x[d];
        sx[rank] = strides[d];
        sy[rank++] = y_stride;
      };
      if (reduced_[size_t(d)]) {
        add(a.reduced_rank, a.reduced_extent, a.reduced_stride_x, a.reduced_stride_y);
        a.length *= x[d];
      } else {
        add(a.kept_rank, a.kept_extent, a.kept_stride_x, a.kept_stride_y);
        a.rows *= x[d];
      }
    }
    if (call.out[0].extents.count() == 0) return;
    const void* from = call.in[0].data;
    void* to = call.out[0].data;
    void* arguments[] = {&a, &from, &to};
    constexpr int64_t most_blocks = 1 << 20;
    module_->launch(function_, {.grid_x = unsigned(std::min<int64_t>(a.rows, most_blocks)), .threads = row_threads},
                    arguments, call.stream);
  }

 private:
  const char* function_;
  std::shared_ptr<const CudaModule> module_;
  std::vector<bool> reduced_;
  bool same_shape_;
};

// Offers a node of one operand, with f32 stored as itself and as f16.
void offer_floats(const char* kernel, const Provider& provider, const Node& root, const Target& target,
                  Offers& offers) {
  ElementType element = root.input(0).element();
  if (!float_types.contains(element)) return offers.refuse(kernel, concat("elements are ", element));
  for (ElementType f32_as : {ElementType::f32, ElementType::f16}) {
    if (f32_as != ElementType::f32 && element != ElementType::f32) continue;
    Offer o = device_offer(provider, kernel, root, f32_as);
    o.operands.resize(1);
    price_on_device(o, target, 0, 1);
    offers.accept(std::move(o));
  }
}

void offer_softmax(const Provider& p, const Node& root, const Target& t, Offers& o) {
  if (as<Softmax>(root)) offer_floats("cuda.softmax", p, root, t, o);
}
std::unique_ptr<Kernel> prepare_softmax(const Offer& offer, const Target& target) {
  const auto& op = *as<Softmax>(offer.region.root());
  int rank = offer.region.root().input(0).type().rank();
  std::vector<bool> reduced(size_t(rank), false);
  reduced[size_t(axis_of(op.axis, rank))] = true;
  return std::make_unique<RowKernel>(*target.device, "softmax",
                                     softmax_source(op.log, offer.operands[0].format.element, offer.results[0].element),
                                     std::move(reduced), true);
}

void offer_reduce(const Provider& p, const Node& root, const Target& t, Offers& o) {
  if (as<Reduce>(root)) offer_floats("cuda.reduce", p, root, t, o);
}
std::unique_ptr<Kernel> prepare_reduce(const Offer& offer, const Target& target) {
  const auto& op = *as<Reduce>(offer.region.root());
  auto kind = RowKind::sum;
  switch (op.kind) {
    case ReduceKind::sum: kind = RowKind::sum; break;
    case ReduceKind::mean: kind = RowKind::mean; break;
    case ReduceKind::prod: kind = RowKind::prod; break;
    case ReduceKind::max: kind = RowKind::max; break;
    case ReduceKind::min: kind = RowKind::min; break;
    case ReduceKind::l1: kind = RowKind::l1; break;
    case ReduceKind::l2: kind = RowKind::l2; break;
    case ReduceKind::log_sum: kind = RowKind::log_sum; break;
    case ReduceKind::log_sum_exp: kind = RowKind::log_sum_exp; break;
    case ReduceKind::sum_square: kind = RowKind::sum_square; break;
  }
  return std::make_unique<RowKernel>(*target.device, "reduce",
                                     reduce_source(kind, offer.operands[0].format.element, offer.results[0].element),
                                     op.reduced(offer.region.root().input(0).type().rank()), false);
}

class PoolKernel final : public Kernel {
 public:
  PoolKernel(Device& device, const Pool& op, Format in, Format out)
      : op_(op),
        layout_(in.layout),
        module_(cuda_module(device, pool_source(op.kind == PoolKind::max, op.count_pads, in.layout == Layout::nhwc,
                                                in.element, out.element))) {}

  void run(const Call& call) const override {
    const Extents &x = call.in[0].extents, &y = call.out[0].extents;
    PoolArguments a;
    a.count = y.count();
    if (a.count == 0) return;
    Extents sx = strides_in(layout_, x, x), sy = strides_in(layout_, y, y);
    int spatial = x.rank - 2, front = 3 - spatial;
    for (int d = 0; d < 2; ++d) a.out[d] = y[d], a.stride_x[d] = sx[d], a.stride_y[d] = sy[d];
    for (int i = 0; i < spatial; ++i) {
      int k = front + i, d = i + 2;
      Slide s = op_.slide(i, x[d], op_.window[size_t(i)]);
      a.out[k + 2] = y[d], a.stride_x[k + 2] = sx[d], a.stride_y[k + 2] = sy[d];
      a.in[k] = x[d], a.window[k] = s.extent, a.stride[k] = s.stride, a.dilation[k] = s.dilation;
      a.pad[k] = s.pad_begin, a.pad_end[k] = s.pad_end;
    }
    const void* from = call.in[0].data;
    void* to = call.out[0].data;
    void* arguments[] = {&a, &from, &to};
    constexpr unsigned threads = 128;
    module_->launch("pool", {.grid_x = blocks_for(a.count, threads), .threads = threads}, arguments, call.stream);
  }

 private:
  Pool op_;
  Layout layout_;
  std::shared_ptr<const CudaModule> module_;
};

void offer_pool(const Provider& provider, const Node& root, const Target& target, Offers& offers) {
  if (!as<Pool>(root)) return;
  ElementType element = root.input(0).element();
  if (!float_types.contains(element)) return offers.refuse("cuda.pool", concat("elements are ", element));
  if (root.input(0).type().rank() > 5) return offers.refuse("cuda.pool", "more than three spatial axes");
  for (ElementType f32_as : {ElementType::f32, ElementType::f16})
    for (Layout layout : {Layout::plain, Layout::nhwc}) {
      if (f32_as != ElementType::f32 && element != ElementType::f32) continue;
      Offer o = device_offer(provider, "cuda.pool", root, f32_as);
      o.operands[0].format.layout = o.results[0].layout = layout;
      price_on_device(o, target, 0, 1);
      offers.accept(std::move(o));
    }
}
std::unique_ptr<Kernel> prepare_pool(const Offer& offer, const Target& target) {
  return std::make_unique<PoolKernel>(*target.device, *as<Pool>(offer.region.root()), offer.operands[0].format,
                                      offer.results[0]);
}

}  // namespace

const Family softmax_family{"cuda.softmax", offer_softmax, prepare_softmax};
const Family reduce_family{"cuda.reduce", offer_reduce, prepare_reduce};
const Family pool_family{"cuda.pool", offer_pool, prepare_pool};

}  // namespace tenon::cuda
