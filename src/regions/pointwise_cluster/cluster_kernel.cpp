#include "regions/pointwise_cluster/cluster_kernel.h"

#include <algorithm>
#include <cstring>

#include "base/dispatch.h"
#include "ops/constant/constant.h"

namespace tenon {

namespace {

constexpr int64_t task_bytes = 64 << 10;  // of the result

bool is_single(const Value& value) { return all_known(value.shape()) && at(value.shape(), {}).count() == 1; }

// Extents 1 in front, up to `rank`.
Extents padded_to(int rank, const Extents& extents) {
  Extents padded;
  for (int d = extents.rank; d < rank; ++d) padded.push(1);
  for (int64_t d : extents) padded.push(d);
  return padded;
}

// Strides of an operand, stored in `layout` and of the result's rank, along the axes that the result is stored in.
Extents strides_along(const Extents& operand, const Extents& result, Layout layout) {
  Extents strides = strides_of(stored_extents(operand, layout));
  auto repeat = [&](int stored_axis, int axis) {
    if (operand[axis] == 1 && result[axis] != 1) strides[stored_axis] = 0;
  };
  for (int d = 0; d < result.rank; ++d)
    if (layout == Layout::nhwc) repeat(d == 0 ? 0 : d == 1 ? result.rank - 1 : d - 1, d);
    else repeat(d, d);
  if (layout == Layout::c16) repeat(result.rank, 1);
  return strides;
}

// From plain to `layout`; extents have the result's rank.
void pack(const void* from, ElementType element, const Extents& extents, Layout layout, void* to) {
  std::memset(to, 0, size_t(stored_bytes(extents, {element, layout})));
  Extents stored = strides_of(stored_extents(extents, layout)), strides = stored;
  strides.rank = extents.rank;
  if (layout == Layout::nhwc) {
    strides[1] = 1;
    for (int d = 2; d < extents.rank; ++d) strides[d] = stored[d - 1];
  } else strides[1] = 0;  // counted in blocks and lanes below
  Walk<1> walk(extents, {strides});
  int64_t count = extents.count();
  dispatch_size(element, [&]<class T>() {
    for (int64_t i = 0; i < count; ++i, walk.next()) {
      int64_t block = layout == Layout::c16 ? walk.at(1) / 16 * stored[1] + walk.at(1) % 16 : 0;
      static_cast<T*>(to)[walk.offset(0) + block] = static_cast<const T*>(from)[i];
    }
  });
}

class ClusterKernel final : public Kernel {
 public:
  explicit ClusterKernel(const Offer& offer) : layout_(offer.results[0].layout) {
    std::vector<ClusterInput> inputs = cluster_inputs(offer.region, layout_);
    program_ = cluster_program(offer.region, inputs);
    rank_ = offer.region.exits[0]->type().rank();
    for (const ClusterInput& in : inputs) {
      Source& source = sources_.emplace_back();
      auto operand = std::find_if(offer.operands.begin(), offer.operands.end(),
                                  [&](const Operand& o) { return o.value == in.value; });
      if (in.packed) source.packed = packed(*constant_of(*in.value));
      else if (!in.number) {
        source.operand = int(operand - offer.operands.begin());
        source.single = is_single(*in.value);
        source.moves = operand->format.layout != layout_ && !source.single;
      }
    }
  }

  int64_t scratch_bytes(ConstViews in, Views) const override {
    int64_t bytes = 0;
    for (const Source& s : sources_)
      if (s.moves) bytes = checked_add(bytes, moved_bytes(in[size_t(s.operand)]));
    return bytes;
  }

  void run(const Call& call) const override {
    const View& y = call.out[0];
    Extents stored = stored_extents(y.extents, layout_);
    int64_t total = stored.count(), element_bytes = size_bytes(y.element);
    if (total == 0) return;
    std::array<PointwiseOperand, max_pointwise_inputs> operands;
    std::byte* scratch = call.scratch;
    for (size_t i = 0; i < sources_.size(); ++i) operands[i] = operand(sources_[i], call, stored, scratch);
    int64_t per_task = task_bytes / element_bytes;
    call.workers.run((total + per_task - 1) / per_task, [&](int64_t task) {
      int64_t first = task * per_task, count = std::min(per_task, total - first);
      run_pointwise(program_, {operands.data(), sources_.size()}, y.data, first, count);
      if (layout_ == Layout::c16 && y[1] % 16) clear_padding(y, stored, first, count);
    });
  }

 private:
  struct Source {  // none of them: a number of the program
    int operand = -1;
    bool single = false;  // one element, in whatever layout
    bool moves = false;   // a plain operand that is brought into the layout, into scratch
    Weights packed;
  };

  Weights packed(const Tensor& from) const {
    Extents extents = padded_to(rank_, from.extents);
    View view;
    Weights to = make_weights(ElementType::u8, {stored_bytes(extents, {from.element, layout_})}, view);
    pack(from.data, from.element, extents, layout_, view.data);
    return std::make_shared<const Tensor>(Tensor{from.element, extents, to->owner, to->data});
  }

  int64_t moved_bytes(const ConstView& in) const {
    return align_up(stored_bytes(padded_to(rank_, in.extents), {in.element, layout_}), 64);
  }

  PointwiseOperand operand(const Source& s, const Call& call, const Extents& stored, std::byte*& scratch) const {
    if (s.packed) return seen(s.packed->data, s.packed->element, s.packed->extents, call.out[0].extents, stored);
    if (s.operand < 0) return {};
    const ConstView& in = call.in[size_t(s.operand)];
    if (s.single) return {in.data, size_bytes(in.element), {1}, {0}};
    Extents extents = padded_to(rank_, in.extents);
    if (!s.moves) return seen(in.data, in.element, extents, call.out[0].extents, stored);
    std::byte* to = scratch;
    scratch += moved_bytes(in);
    pack(in.data, in.element, extents, layout_, to);
    return seen(to, in.element, extents, call.out[0].extents, stored);
  }

  PointwiseOperand seen(const void* data, ElementType element, const Extents& operand, const Extents& result,
                        const Extents& stored) const {
    return {data, size_bytes(element), stored, strides_along(operand, result, layout_)};
  }

  // Lanes behind the last channel hold whatever the arithmetic made of zeros.
  static void clear_padding(const View& y, const Extents& stored, int64_t first, int64_t count) {
    int64_t element_bytes = size_bytes(y.element), used = y[1] % 16, plane = y.extents.count_between(2, y.rank());
    int64_t blocks = stored[1];
    for (int64_t row = first / 16; row < (first + count) / 16;) {  // a row: the 16 lanes of one position
      int64_t block = row / plane % blocks;
      if (block < blocks - 1) {
        row += (blocks - 1 - block) * plane - row % plane;
        continue;
      }
      std::memset(y.as<std::byte>() + (row * 16 + used) * element_bytes, 0, size_t((16 - used) * element_bytes));
      ++row;
    }
  }

  PointwiseProgram program_;
  Layout layout_;
  int rank_ = 0;
  std::vector<Source> sources_;
};

}  // namespace

Layout operand_layout(const Value& operand, const Value& result, Layout layout) {
  bool same_rank = operand.type().rank() == result.type().rank();
  return same_rank && !is_single(operand) ? layout : Layout::plain;
}

std::vector<ClusterInput> cluster_inputs(const Region& region, Layout layout) {
  std::vector<ClusterInput> inputs;
  for (const Value* v : region.inputs) {
    ClusterInput& in = inputs.emplace_back();
    in.value = v;
    Weights weights = constant_of(*v);
    if (!weights) continue;
    if (weights->extents.count() == 1) in.number = load_scalar(weights->data, weights->element);
    else in.packed = operand_layout(*v, *region.exits[0], layout) != layout;
  }
  return inputs;
}

PointwiseProgram cluster_program(const Region& region, std::span<const ClusterInput> inputs) {
  std::optional<Expression> e = expression_of(region.nodes, region.inputs);
  check(e.has_value(), ErrorId::internal, "a cluster with a node that is not pointwise");
  std::vector<std::optional<Scalar>> known;
  for (const ClusterInput& in : inputs) known.push_back(in.number);
  return compile_pointwise(*e, known);
}

std::unique_ptr<Kernel> prepare_cluster(const Offer& offer) { return std::make_unique<ClusterKernel>(offer); }

}  // namespace tenon
