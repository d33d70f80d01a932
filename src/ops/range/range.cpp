#include "ops/range/range.h"

#include <cmath>

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"
#include "ops/known_list.h"
#include "ops/late.h"

namespace tenon {

OP(RangeOf, range)

static Dim one_of(const Inputs& in, int i, const char* what) {
  Contents list = known_list(in, i, what);
  check(list.size() == 1, what, " is ", in[i], ", expected one number");
  return list[0];
}

template <class T>
static int64_t count_of(T start, T limit, T delta) {
  constexpr int64_t most = int64_t(1) << 32;
  check(double(delta) != 0, "delta is 0");
  if constexpr (std::is_integral_v<T>) {
    __int128 span = __int128(limit) - start, step = delta;
    __int128 numbers = (span > 0) == (step > 0) && span != 0 ? (span + (step > 0 ? step - 1 : step + 1)) / step : 0;
    check(numbers <= most, ErrorId::limit_exceeded, "the range has more than 2^32 numbers");
    return int64_t(numbers);
  } else {
    double numbers = std::ceil((double(limit) - double(start)) / double(delta));
    check(!std::isnan(numbers), "a range from ", double(start), " to ", double(limit), " by ", double(delta));
    check(numbers <= double(most), ErrorId::limit_exceeded, "the range has more than 2^32 numbers");
    return int64_t(std::max(0.0, numbers));
  }
}

Types RangeOf::infer(const Inputs& in) const {
  in.check_count(3, 3);
  in.check_same_element(0, 1);
  in.check_same_element(0, 2);
  if (!count.empty()) {
    in.check_element(0, signed_types | float_types, "start");
    for (int i : {0, 1, 2})
      check(tenon::count(in[i].shape).known() ? tenon::count(in[i].shape).is(1) : in[i].rank() <= 1, "operand ", i,
            " is ", in[i], ", expected one number");
    return {TensorType{in[0].element, {late_extent(count, "count")}}};
  }
  Dim start = one_of(in, 0, "start"), limit = one_of(in, 1, "limit"), delta = one_of(in, 2, "delta");
  check(delta.known(), ErrorId::not_known, "delta is ", delta, ", which is not known until run time");
  if (start.known() && limit.known())
    return {TensorType{in[0].element, {count_of(start.value(), limit.value(), delta.value())}}};
  check(!delta.is(0), "delta is 0");
  Dim numbers = delta.value() > 0 ? ceil_div(limit - start, delta) : ceil_div(start - limit, Dim(0) - delta);
  return {TensorType{in[0].element, {max(0, numbers)}}};
}

std::optional<Contents> RangeOf::contents(const Inputs& in) const {
  Dim numbers = std::get<TensorType>(infer(in)[0]).shape[0];
  if (!numbers.known() || numbers.value() > max_contents) return {};
  Contents list;
  for (int64_t i = 0; i < numbers.value(); ++i) list.push_back(in.contents(0)->at(0) + in.contents(2)->at(0) * i);
  return list;
}

void RangeOf::evaluate_late(ConstViews in, LateResults& out) const {
  for (const ConstView& x : in) check(x.count() == 1, "an operand has ", x.count(), " elements, expected one number");
  dispatch(in[0].element, [&]<class T>() {
    if constexpr (std::is_signed_v<T> || is_float<T>) {
      T start = *in[0].as<T>(), delta = *in[2].as<T>();
      int64_t numbers = count_of(start, *in[1].as<T>(), delta);
      T* to = out.make(0, {numbers}).template as<T>();
      for (int64_t i = 0; i < numbers; ++i)
        if constexpr (is_float<T>) to[i] = T(double(start) + double(i) * double(delta));
        else to[i] = T(uint64_t(start) + uint64_t(i) * uint64_t(delta));  // products turn over, their sums are right
    }
  });
}

void RangeOf::evaluate(ConstViews in, Views out) const {
  check(count.empty(), ErrorId::internal, "a range whose extent is late was evaluated as if it were not");
  int64_t first = integer_at(in[0], 0), limit = integer_at(in[1], 0), step = integer_at(in[2], 0);
  check(count_of(first, limit, step) == out[0][0], "from ", first, " to ", limit, " by ", step, " there are not ",
        out[0][0], " numbers");
  auto start = uint64_t(first), delta = uint64_t(step);
  dispatch(out[0].element, [&]<class T>() {
    if constexpr (!is_float<T>)
      for (int64_t i = 0; i < out[0][0]; ++i) out[0].as<T>()[i] = T(start + uint64_t(i) * delta);
  });
}

}  // namespace tenon
