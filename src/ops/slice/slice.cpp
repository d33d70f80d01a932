#include "ops/slice/slice.h"

#include <algorithm>

#include "base/dispatch.h"
#include "ops/known.h"
#include "ops/known_list.h"

namespace tenon {

OP(Slice, slice)

namespace {

struct Cut {
  int axis;
  Dim start, end;
  int64_t step;
};

// An end of the range where ONNX clamps it to: [0, extent], or walking backwards a start [0, extent-1], an end
// [-1, extent-1]. Where the range of a symbolic place says nothing of its sign, a run's number may count from the end.
Dim clamped(const Dim& at, const Dim& extent, bool backwards, bool is_end) {
  Dim low = backwards && is_end ? -1 : 0, high = backwards ? extent - 1 : extent;
  constexpr int64_t far = int64_t(1) << 31;  // beyond any extent of a symbol
  if (at.known() && !extent.known() && at.value() >= far) return high;
  if (at.known() && !extent.known() && at.value() <= -far) return min(high, low);
  if (at.known() && extent.known()) {
    int64_t a = at.value() < 0 ? at.value() + extent.value() : at.value();
    return std::min(high.value(), std::max(low.value(), a));
  }
  Dim missing = extent - at;  // one or two less than the extent is clamped to 0 where it would count from the end, too
  bool is_near = missing.known() && missing.value() <= (backwards && is_end ? 1 : 2);
  bool may_count_back = at.known() ? at.value() < 0 : !is_near && !surely_at_least(at, 0);
  Dim from_start = may_count_back ? at + extent * min(1, max(Dim(0) - at, 0)) : at;
  return min(high, max(low, from_start));
}

std::vector<Cut> cuts(const Slice& op, const Shape& shape, const Contents& starts, const Contents& ends,
                      const std::vector<int64_t>& axes, const std::vector<int64_t>& steps) {
  int rank = int(shape.size());
  check(starts.size() == ends.size(), "there are ", starts.size(), " starts and ", ends.size(), " ends");
  check(!op.with_axes || axes.size() == starts.size(), "there are ", starts.size(), " starts and ", axes.size(),
        " axes");
  check(!op.with_steps || steps.size() == starts.size(), "there are ", starts.size(), " starts and ", steps.size(),
        " steps");
  check(op.with_axes || int(starts.size()) <= rank, "there are ", starts.size(), " starts for rank ", rank);
  if (op.with_axes) axes_of(axes, rank);  // each at most once
  std::vector<Cut> list;
  for (size_t i = 0; i < starts.size(); ++i) {
    int axis = op.with_axes ? axis_of(axes[i], rank) : int(i);
    int64_t step = op.with_steps ? steps[i] : 1;
    check(step != 0, "step ", i, " is 0");
    step = std::clamp<int64_t>(step, -(int64_t(1) << 62), int64_t(1) << 62);
    const Dim& extent = shape[size_t(axis)];
    list.push_back({axis, clamped(starts[i], extent, step < 0, false), clamped(ends[i], extent, step < 0, true), step});
  }
  return list;
}

Dim length(const Cut& c) {
  return max(0, c.step > 0 ? ceil_div(c.end - c.start, c.step) : ceil_div(c.start - c.end, Dim(0) - c.step));
}

std::vector<int64_t> optional_list(const Inputs& in, bool given, int i, const char* what) {
  return given ? numbers_of(known_list(in, i, what), what) : std::vector<int64_t>();
}

}  // namespace

Types Slice::infer(const Inputs& in) const {
  int operands = 3 + with_axes + with_steps;
  in.check_count(operands, operands);
  TensorType y = in[0];
  for (const Cut& c :
       cuts(*this, in[0].shape, known_list(in, 1, "starts"), known_list(in, 2, "ends"),
            optional_list(in, with_axes, 3, "axes"), optional_list(in, with_steps, 3 + with_axes, "steps")))
    y.shape[size_t(c.axis)] = length(c);
  return {y};
}

std::optional<Contents> Slice::contents(const Inputs& in) const {
  const Contents* x = in.contents(0);
  if (!x || in[0].rank() != 1 || !in.contents(1) || !in.contents(2)) return {};
  std::vector<Cut> list =
      cuts(*this, in[0].shape, *in.contents(1), *in.contents(2), optional_list(in, with_axes, 3, "axes"),
           optional_list(in, with_steps, 3 + with_axes, "steps"));
  if (list.empty()) return *x;
  Dim count = length(list[0]);
  if (!count.known() || !list[0].start.known()) return {};
  Contents y;
  for (int64_t i = 0; i < count.value(); ++i) y.push_back((*x)[size_t(list[0].start.value() + i * list[0].step)]);
  return y;
}

Slice::Place Slice::place(ConstViews in, const Extents& y, const Extents& strides) const {
  const Extents& x = in[0].extents;
  Place place{0, strides};
  int64_t count = in[1].count();
  check(in[2].count() == count, "there are ", count, " starts and ", in[2].count(), " ends");
  for (int64_t i = 0; i < count; ++i) {
    int axis = with_axes ? axis_of(number_in(in[3], i), x.rank) : axis_of(i, x.rank);
    int64_t step = with_steps ? number_in(in[size_t(3 + with_axes)], i) : 1;
    check(step != 0, "step ", i, " is 0");
    step = std::clamp<int64_t>(step, -(int64_t(1) << 62), int64_t(1) << 62);
    Dim start = clamped(number_in(in[1], i), x[axis], step < 0, false),
        end = clamped(number_in(in[2], i), x[axis], step < 0, true);
    Dim found = length({axis, start, end, step});
    check(found.is(y[axis]) && place.steps[axis] == strides[axis], "axis ", axis, " was to have ", y[axis],
          " elements, has ", found);
    place.first += start.value() * strides[axis];
    place.steps[axis] = y[axis] == 1 ? 0 : strides[axis] * step;
  }
  return place;
}

void Slice::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  if (out[0].count() == 0) return;
  Place from = place(in, out[0].extents, strides_of(in[0].extents));
  Walk<1> walk(out[0].extents, {from.steps});
  int64_t count = out[0].count();
  dispatch_size(in[0].element, [&]<class T>() {
    for (int64_t i = 0; i < count; ++i, walk.next()) out[0].as<T>()[i] = in[0].as<T>()[from.first + walk.offset(0)];
  });
}

}  // namespace tenon
