#include "ops/pad/pad.h"

#include <algorithm>

#include "base/dispatch.h"
#include "ops/known_list.h"

namespace tenon {

OP(Pad, pad)

void Pad::fields(FieldVisitor& v) {
  static const char* const modes[] = {"constant", "reflect", "edge", "wrap"};
  v("mode", mode, modes);
  v("axes", axes, std::vector<int64_t>());
}

static std::vector<int> listed_axes(const std::vector<int64_t>& axes, int rank, size_t amounts) {
  std::vector<int> list;
  axes_of(axes, rank);  // each at most once
  for (int64_t a : axes) list.push_back(axis_of(a, rank));
  for (int d = 0; axes.empty() && d < rank; ++d) list.push_back(d);
  check(amounts == 2 * list.size(), "there are ", amounts, " amounts for ", list.size(),
        " axes, expected two for each");
  return list;
}

Types Pad::infer(const Inputs& in) const {
  in.check_count(2, 3);
  if (in.size() == 3) {
    in.check_same_element(0, 2);
    check(all_known(in[2].shape) && count(in[2].shape).is(1), "the constant is ", in[2], ", expected one number");
  }
  bool needs_zero = in.size() == 2 && mode == PadMode::constant;
  check(!needs_zero || in[0].element != ElementType::f8e8m0, ErrorId::unsupported_type,
        "f8e8m0 has no zero to pad with; give the constant");
  Contents amounts = known_list(in, 1, "the amounts");
  std::vector<int> axes_ = listed_axes(axes, in[0].rank(), amounts.size());
  TensorType y = in[0];
  for (size_t i = 0; i < axes_.size(); ++i) {
    Dim& extent = y.shape[size_t(axes_[i])];
    const Dim &before = amounts[i], &behind = amounts[i + axes_.size()];
    if (extent.known() && before.known() && behind.known() && mode != PadMode::constant) {
      int64_t rest = extent.value() + std::min<int64_t>(0, before.value()) + std::min<int64_t>(0, behind.value());
      bool grows = before.value() > 0 || behind.value() > 0;
      check(!grows || rest > 0, "axis ", axes_[i], " of ", in[0], " has nothing to repeat");
    }
    extent = extent + before + behind;
    if (!extent.known()) extent = max(0, extent);  // one atom where it may be cropped away: extents are multiplied
  }
  return {y};
}

// Which element of an axis of `extent` stands at position `at`, which may lie outside; -1: the constant.
static int64_t source(PadMode mode, int64_t at, int64_t extent) {
  if (at >= 0 && at < extent) return at;
  if (mode == PadMode::constant || extent == 0) return -1;
  if (mode == PadMode::edge) return std::clamp<int64_t>(at, 0, extent - 1);
  if (mode == PadMode::wrap) return ((at % extent) + extent) % extent;
  if (extent == 1) return 0;
  int64_t period = 2 * (extent - 1), phase = ((at % period) + period) % period;
  return std::min(phase, period - phase);
}

void Pad::evaluate(ConstViews in, Views out) const {
  const ConstView& x = in[0];
  std::vector<int64_t> amounts = list_in(in[1]);
  std::vector<int> axes_ = listed_axes(axes, x.rank(), amounts.size());
  std::vector<int64_t> before(size_t(x.rank()), 0), first(size_t(x.rank()), 0);
  Extents kept = x.extents;  // cropping comes first: modes repeat what is left
  for (size_t i = 0; i < axes_.size(); ++i) {
    size_t axis = size_t(axes_[i]);
    int64_t crop_before = std::max<int64_t>(0, -amounts[i]),
            crop_behind = std::max<int64_t>(0, -amounts[i + axes_.size()]);
    before[axis] = std::max<int64_t>(0, amounts[i]);
    first[axis] = crop_before;
    kept[int(axis)] = std::max<int64_t>(0, x[int(axis)] - crop_before - crop_behind);
    check(out[0][int(axis)] == x[int(axis)] + amounts[i] + amounts[i + axes_.size()], "axis ", axis, " was to have ",
          out[0][int(axis)], " elements, has ", x[int(axis)] + amounts[i] + amounts[i + axes_.size()]);
  }
  Extents strides = strides_of(x.extents);
  Walk<1> walk(out[0].extents, {strides_of(out[0].extents)});
  int64_t count = out[0].count();
  dispatch_size(x.element, [&]<class T>() {
    T constant = in.size() == 3 ? *in[2].as<T>() : T(0);
    for (int64_t i = 0; i < count; ++i, walk.next()) {
      int64_t offset = 0;
      for (int d = 0; d < x.rank() && offset >= 0; ++d) {
        int64_t at = source(mode, walk.at(d) - before[size_t(d)], kept[d]);
        offset = at < 0 ? -1 : offset + (at + first[size_t(d)]) * strides[d];
      }
      out[0].as<T>()[i] = offset < 0 ? constant : x.as<T>()[offset];
    }
  });
}

}  // namespace tenon
