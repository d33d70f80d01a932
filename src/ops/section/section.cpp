#include "ops/section/section.h"

#include <algorithm>

#include "base/dispatch.h"
#include "ops/known.h"
#include "ops/known_list.h"

namespace tenon {

OP(Section, section)

namespace {

constexpr const char* operand_names[] = {"x", "start", "size", "stride"};

// Which element of an axis of `extent` stands at position `at`; -1: the number that is filled in.
int64_t source(Beyond beyond, int64_t at, int64_t extent) {
  if (at >= 0 && at < extent) return at;
  if (beyond == Beyond::fill) return -1;
  check(beyond != Beyond::refuse, "element ", at, " is wanted of ", extent);
  check(extent > 0, "element ", at, " is wanted of none");
  if (beyond == Beyond::clamp) return std::clamp<int64_t>(at, 0, extent - 1);
  if (beyond == Beyond::wrap) return (at % extent + extent) % extent;
  if (extent == 1) return 0;
  int64_t period = 2 * (extent - 1), phase = (at % period + period) % period;
  return phase < extent ? phase : period - phase;
}

int64_t place(int64_t start, int64_t i, int64_t stride) { return checked_add(start, checked_mul(i, stride)); }

}  // namespace

std::vector<int> Section::listed(const Inputs& in) const {
  std::vector<int> list;
  axes_of(axes, in[0].rank());  // each at most once
  for (int64_t a : axes) list.push_back(axis_of(a, in[0].rank()));
  for (int i = 0; axes.empty() && i < in[0].rank(); ++i) list.push_back(i);
  for (int i = 1; i < 4; ++i) {
    in.check_element(i, ElementType::i64 | ElementType::i32, operand_names[i]);
    check(in[i].rank() == 1 && (!in[i].shape[0].known() || in[i].shape[0].is(int64_t(list.size()))), operand_names[i],
          " is ", in[i], ", expected a list of ", list.size(), " numbers for x ", in[0]);
  }
  return list;
}

Types Section::infer(const Inputs& in) const {
  in.check_count(4, beyond == Beyond::fill ? 5 : 4);
  in.check_element(0, plain_types, "x");
  std::vector<int> along = listed(in);
  Contents size = known_list(in, 2, "size");
  check(size.size() == along.size(), "size has ", size.size(), " numbers, expected ", along.size());
  if (in.size() == 5) {
    in.check_same_element(0, 4);
    check(!all_known(in[4].shape) || count(in[4].shape).is(1), "the number beyond is ", in[4], ", expected one");
  }
  TensorType y = in[0];
  for (size_t i = 0; i < along.size(); ++i) {
    Dim& extent = y.shape[size_t(along[i])];
    check(!size[i].known() || size[i].value() >= 0, "size holds ", size[i]);
    if (beyond == Beyond::refuse && in.contents(1) && in.contents(3)) {
      const Dim &start = in.contents(1)->at(i), &stride = in.contents(3)->at(i);
      bool known = extent.known() && start.known() && stride.known() && size[i].known() && !size[i].is(0);
      for (const Dim& at : {start, start + (size[i] - 1) * stride})
        check(!known || (at.value() >= 0 && at.value() < extent.value()), "element ", at, " of axis ", along[i],
              " is wanted, x is ", in[0]);
    }
    extent = size[i];
  }
  return {y};
}

std::optional<Contents> Section::contents(const Inputs& in) const {
  const Contents* x = in.contents(0);
  if (!x || in[0].rank() != 1 || beyond == Beyond::fill) return {};
  for (int i = 1; i < 4; ++i)
    if (!in.contents(i) || !in.contents(i)->at(0).known()) return {};
  int64_t start = (*in.contents(1))[0].value(), size = (*in.contents(2))[0].value();
  int64_t stride = (*in.contents(3))[0].value();
  if (size > max_contents) return {};
  Contents y;
  for (int64_t i = 0; i < size; ++i)
    y.push_back((*x)[size_t(source(beyond, place(start, i, stride), int64_t(x->size())))]);
  return y;
}

void Section::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  const View& y = out[0];
  if (y.count() == 0) return;
  std::vector<std::vector<int64_t>> sources(size_t(x.rank()));  // for each position along each axis of y
  for (int d = 0; d < x.rank(); ++d)
    for (int64_t i = 0; i < y[d]; ++i) sources[size_t(d)].push_back(i);
  for (size_t k = 0, count = axes.empty() ? size_t(x.rank()) : axes.size(); k < count; ++k) {
    int d = axes.empty() ? int(k) : axis_of(axes[k], x.rank());
    int64_t start = number_in(in[1], int64_t(k)), stride = number_in(in[3], int64_t(k));
    for (int64_t i = 0; i < y[d]; ++i) sources[size_t(d)][size_t(i)] = source(beyond, place(start, i, stride), x[d]);
  }
  Extents steps = strides_of(x.extents);
  dispatch_size(x.element, [&]<class T>() {
    T other{};
    if (in.size() == 5) other = in[4].as<T>()[0];
    for (int64_t i = 0, count = y.count(); i < count; ++i) {
      int64_t from = 0, rest = i;
      bool beyond_x = false;
      for (int d = x.rank() - 1; d >= 0; --d) {
        int64_t at = sources[size_t(d)][size_t(rest % y[d])];
        beyond_x = beyond_x || at < 0;
        from += at * steps[d];
        rest /= y[d];
      }
      y.as<T>()[i] = beyond_x ? other : x.as<T>()[from];
    }
  });
}

}  // namespace tenon
