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
  bool by_class = boxes.size() == 4;
  check((boxes.size() == 3 || by_class) && (!boxes.back().known() || boxes.back().is(4)), "the boxes are ", in[0],
        ", expected [B,N,4] or [B,C,N,4]");
  check(scores.size() == 3, "the scores are ", in[1], ", expected [B,C,N]");
  check(limit >= 0, "limit is ", limit);
  check_same_extent(scores[0], boxes[0], "the tensor of scores", scores, boxes);
  if (by_class) check_same_extent(scores[1], boxes[1], "the tensor of scores", scores, boxes);
  check_same_extent(scores[2], boxes[boxes.size() - 2], "the tensor of scores", scores, boxes);
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
class Selection {
 public:
  using F = std::conditional_t<std::is_same_v<T, double>, double, float>;
  struct Taken {
    int64_t row, box;  // row: of all batches' classes
    F score;
  };

  Selection(const Nms& op, ConstViews in) : op_(op), in_(in), classes_(in[1][1]), boxes_(in[1][2]) {
    double overlap = number_of(in[3]);
    check(0 <= overlap && overlap <= 1, "the overlap from which on a box is left out is ", overlap,
          ", expected 0 to 1");
    overlap_ = F(overlap);
    most_ = integer_at(in[2], 0);
    lowest_ = in.size() > 4 ? F(number_of(in[4])) : F(0);
  }

  std::vector<Taken> run() {
    if (most_ <= 0 || in_[1].count() == 0) return {};
    for (int64_t batch = 0; batch < in_[1][0]; ++batch) {
      size_t before = taken_.size();
      admit(batch);
      for (int64_t row = batch * classes_; row < (batch + 1) * classes_; ++row) take(row);
      if (op_.by_score) std::stable_sort(taken_.begin() + int64_t(before), taken_.end(), better);
    }
    return std::move(taken_);
  }

 private:
  static bool better(const Taken& a, const Taken& b) {
    return a.score > b.score || (a.score == a.score && b.score != b.score);
  }

  // The boxes of a batch that are looked at, class by class.
  void admit(int64_t batch) {
    admitted_.clear();
    for (int64_t row = batch * classes_; row < (batch + 1) * classes_; ++row)
      for (int64_t i = 0; i < boxes_; ++i)
        if (F score(in_[1].as<T>()[row * boxes_ + i]); in_.size() < 5 || score > lowest_)
          admitted_.push_back({row, i, score});
    if (op_.limit == 0 || int64_t(admitted_.size()) <= op_.limit) return;
    std::stable_sort(admitted_.begin(), admitted_.end(), better);
    admitted_.resize(size_t(op_.limit));
    std::stable_sort(admitted_.begin(), admitted_.end(),
                     [](const Taken& a, const Taken& b) { return std::pair(a.row, a.box) < std::pair(b.row, b.box); });
  }

  void take(int64_t row) {
    auto below = [](const Taken& a, int64_t r) { return a.row < r; };
    auto first = std::lower_bound(admitted_.begin(), admitted_.end(), row, below),
         last = std::lower_bound(first, admitted_.end(), row + 1, below);
    std::stable_sort(first, last, better);
    std::vector<Box<F>> kept;
    const T* corners = in_[0].as<T>() + (in_[0].rank() == 4 ? row : row / classes_) * boxes_ * 4;
    for (auto candidate = first; candidate != last && int64_t(kept.size()) < most_; ++candidate) {
      F numbers[4];
      for (int k = 0; k < 4; ++k) numbers[k] = F(corners[candidate->box * 4 + k]);
      Box<F> box(numbers, op_.center);
      if (std::any_of(kept.begin(), kept.end(), [&](const Box<F>& t) { return box.overlaps(t, overlap_); })) continue;
      kept.push_back(box);
      taken_.push_back(*candidate);
    }
  }

  const Nms& op_;
  ConstViews in_;
  int64_t classes_, boxes_, most_;
  F overlap_, lowest_;
  std::vector<Taken> admitted_, taken_;
};

}  // namespace

void Nms::evaluate_late(ConstViews in, LateResults& out) const {
  check_operands(*this, in);
  dispatch(in[0].element, [&]<class T>() {
    if constexpr (is_float<T>) {
      auto list = Selection<T>(*this, in).run();
      auto* to = out.make(0, {int64_t(list.size()), 3}).template as<int64_t>();
      for (const auto& t : list)
        for (int64_t number : {t.row / in[1][1], t.row % in[1][1], t.box}) *to++ = number;
    }
  });
}

double Nms::work(ConstViews in, Views) const { return 32 * double(in[1].count()); }

}  // namespace tenon
