#include "ops/reduce/reduce.h"

#include <cmath>
#include <limits>

#include "base/dispatch.h"

namespace tenon {

OP(Reduce, reduce)

void Reduce::fields(FieldVisitor& v) {
  static const char* const kinds[] = {"sum", "mean", "prod",    "max",         "min",
                                      "l1",  "l2",   "log_sum", "log_sum_exp", "sum_square"};
  v("kind", kind, kinds);
  v("axes", axes, std::vector<int64_t>());
  v("keep_dims", keep_dims, true);
}

std::vector<bool> Reduce::reduced(int rank) const {
  std::vector<bool> mask(size_t(rank), axes.empty());
  for (int axis : axes_of(axes, rank)) mask[size_t(axis)] = true;
  return mask;
}

Types Reduce::infer(const Inputs& in) const {
  in.check_count(1, 1);
  bool on_floats = kind == ReduceKind::log_sum || kind == ReduceKind::log_sum_exp || kind == ReduceKind::l2;
  bool on_bool = kind == ReduceKind::max || kind == ReduceKind::min;
  in.check_element(0, on_floats ? number_types : on_bool ? computed_types : number_types, "x");
  std::vector<bool> mask = reduced(in[0].rank());
  TensorType y{in[0].element, {}};
  for (size_t d = 0; d < mask.size(); ++d)
    if (!mask[d]) y.shape.push_back(in[0].shape[d]);
    else if (keep_dims) y.shape.push_back(1);
  return {y};
}

// Of a list: how many elements a shape has, its largest extent.
std::optional<Contents> Reduce::contents(const Inputs& in) const {
  const Contents* x = in.contents(0);
  if (!x || x->empty() || in[0].rank() != 1) return {};
  Dim total = (*x)[0];
  for (size_t i = 1; i < x->size(); ++i) switch (kind) {
      case ReduceKind::sum: total = total + (*x)[i]; break;
      case ReduceKind::prod: total = total * (*x)[i]; break;
      case ReduceKind::max: total = max(total, (*x)[i]); break;
      case ReduceKind::min: total = min(total, (*x)[i]); break;
      default: return {};
    }
  bool kept = kind == ReduceKind::sum || kind == ReduceKind::prod || kind == ReduceKind::max || kind == ReduceKind::min;
  return kept ? std::optional(Contents{total}) : std::nullopt;
}

namespace {

template <class T>
Wide<T> start(ReduceKind kind) {
  using Limits = std::numeric_limits<std::conditional_t<is_half<T>, float, T>>;
  constexpr bool infinite = Limits::has_infinity;
  switch (kind) {
    case ReduceKind::prod: return 1;
    case ReduceKind::max: return Wide<T>(infinite ? -Limits::infinity() : Limits::lowest());
    case ReduceKind::min: return Wide<T>(infinite ? Limits::infinity() : Limits::max());
    default: return 0;
  }
}

template <class W>
W combine(ReduceKind kind, W sum, W x) {
  switch (kind) {
    case ReduceKind::prod: return sum * x;
    case ReduceKind::max: return x != x || x > sum ? x : sum;
    case ReduceKind::min: return x != x || x < sum ? x : sum;
    case ReduceKind::l1: return sum + (x < W(0) ? W(0) - x : x);
    case ReduceKind::l2:
    case ReduceKind::sum_square: return sum + x * x;
    default: return sum + x;
  }
}

}  // namespace

void Reduce::evaluate(ConstViews in, Views out) const {
  const ConstView& x = in[0];
  std::vector<bool> mask = reduced(x.rank());
  Extents inner, outer;  // strides of x along reduced axes, and along the others
  Extents inner_strides, outer_strides, all = strides_of(x.extents);
  for (int d = 0; d < x.rank(); ++d) {
    (mask[size_t(d)] ? inner : outer).push(x[d]);
    (mask[size_t(d)] ? inner_strides : outer_strides).push(all[d]);
  }
  int64_t rows = outer.count(), length = inner.count();
  dispatch(x.element, [&]<class T>() {
    Walk<1> row(outer, {outer_strides});
    for (int64_t r = 0; r < rows; ++r, row.next()) {
      const T* from = x.as<T>() + row.offset(0);
      Wide<T> sum = start<T>(kind);
      double largest = -INFINITY, exponentials = 0;
      if (kind == ReduceKind::log_sum_exp) {
        Walk<1> walk(inner, {inner_strides});
        for (int64_t i = 0; i < length; ++i, walk.next())
          largest = combine(ReduceKind::max, largest, double(from[walk.offset(0)]));
        if (std::isinf(largest)) largest = 0;
      }
      Walk<1> walk(inner, {inner_strides});
      for (int64_t i = 0; i < length; ++i, walk.next()) {
        T value = from[walk.offset(0)];
        if (kind == ReduceKind::log_sum_exp) exponentials += std::exp(double(value) - largest);
        else sum = combine<Wide<T>>(kind, sum, Wide<T>(value));
      }
      T& y = out[0].as<T>()[r];
      if (kind == ReduceKind::log_sum_exp) y = T(std::log(exponentials) + largest);
      else if (kind == ReduceKind::log_sum) y = T(std::log(double(sum)));
      else if (kind == ReduceKind::l2) y = T(std::sqrt(double(sum)));
      else if (kind == ReduceKind::mean && is_float<T>) y = T(double(sum) / double(length));
      else if (kind == ReduceKind::mean) y = T(length ? sum / Wide<T>(length) : Wide<T>(0));
      else y = T(sum);
    }
  });
}

}  // namespace tenon
