#include "ops/nms/nms.h"

#include <algorithm>

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/late.h"

namespace tenon {

OP(Nms, nms)

static void check_number(const Inputs& in, int i, ElementSet allowed, const char* what) {
  in.check_element(i, allowed, what);
  Dim numbers = tenon::count(in[i].shape);
  check(!numbers.known() || numbers.is(1), what, " is ", in[i], ", expected one number");
}

Types Nms::infer(const Inputs& in) const {
  in.check_count(4, 5);
  in.check_element(0, float_types, "the tensor of boxes");
  in.check_same_element(0, 1);
  const Shape &boxes = in[0].shape, &scores = in[1].shape;
  check(boxes.size() == 3 && (!boxes[2].known() || boxes[2].is(4)), "the boxes are ", in[0], ", expected [B,N,4]");
  check(scores.size() == 3, "the scores are ", in[1], ", expected [B,C,N]");
  check_same_extent(scores[0], boxes[0], "the tensor of scores", scores, boxes);
  check_same_extent(scores[2], boxes[1], "the tensor of scores", scores, boxes);
  check_number(in, 2, index_types, "the largest count");
  check_number(in, 3, float_types, "the overlap");
  if (in.size() > 4) check_number(in, 4, float_types, "the lowest score");
  return {TensorType{ElementType::i64, {late_extent(count, "count"), 3}}};
}

void Nms::evaluate(ConstViews, Views) const { needs_late_results(); }

namespace {

// In the boxes' own precision, as others have it: an overlap that equals the threshold there leaves no box out.
template <class F>
struct Box {
  F low[2], high[2], area;

  Box(const F* from, bool center) {
    for (int i = 0; i < 2; ++i) {
      F half = from[2 + i] / 2;
      low[i] = center ? from[i] - half : std::min(from[i], from[2 + i]);
      high[i] = center ? from[i] + half : std::max(from[i], from[2 + i]);
    }
    area = (high[0] - low[0]) * (high[1] - low[1]);
  }

  // Not so where a side or a number is missing: what has no area overlaps nothing.
  bool overlaps(const Box& other, F most) const {
    F sides[2];
    for (int i = 0; i < 2; ++i) {
      sides[i] = std::min(high[i], other.high[i]) - std::max(low[i], other.low[i]);
      if (!(sides[i] > 0)) return false;
    }
    F both = sides[0] * sides[1], either = area + other.area - both;
    return both > 0 && area > 0 && other.area > 0 && either > 0 && both / either > most;
  }
};

double number_of(const ConstView& view) { return load_scalar(view.as<std::byte>(), view.element).f; }

template <class T>
std::vector<int64_t> selected(ConstViews in, bool center) {
  using F = std::conditional_t<std::is_same_v<T, double>, double, float>;
  int64_t batches = in[1][0], classes = in[1][1], boxes = in[1][2], most = integer_at(in[2], 0);
  double overlap = number_of(in[3]);
  check(0 <= overlap && overlap <= 1, "the overlap from which on a box is left out is ", overlap, ", expected 0 to 1");
  std::vector<int64_t> result, order;
  F lowest = in.size() > 4 ? F(number_of(in[4])) : F(0);
  if (most <= 0 || in[1].count() == 0) return result;
  std::vector<Box<F>> taken;
  for (int64_t row = 0; row < batches * classes; ++row) {
    const T* scores = in[1].as<T>() + row * boxes;
    const T* corners = in[0].as<T>() + row / classes * boxes * 4;
    order.clear();
    taken.clear();
    for (int64_t i = 0; i < boxes; ++i)
      if (in.size() < 5 || F(scores[i]) > lowest) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t k) {
      F a(scores[i]), b(scores[k]);
      return a > b || (a == a && b != b);
    });
    for (int64_t i : order) {
      if (int64_t(taken.size()) == most) break;
      F numbers[4];
      for (int k = 0; k < 4; ++k) numbers[k] = F(corners[i * 4 + k]);
      Box<F> box(numbers, center);
      if (std::any_of(taken.begin(), taken.end(), [&](const Box<F>& t) { return box.overlaps(t, F(overlap)); }))
        continue;
      taken.push_back(box);
      result.insert(result.end(), {row / classes, row % classes, i});
    }
  }
  return result;
}

}  // namespace

void Nms::evaluate_late(ConstViews in, LateResults& out) const {
  check_operands(*this, in);
  dispatch(in[0].element, [&]<class T>() {
    if constexpr (is_float<T>) {
      std::vector<int64_t> list = selected<T>(in, center);
      View y = out.make(0, {int64_t(list.size() / 3), 3});
      std::copy(list.begin(), list.end(), y.as<int64_t>());
    }
  });
}

double Nms::work(ConstViews in, Views) const { return 32 * double(in[1].count()); }

}  // namespace tenon
