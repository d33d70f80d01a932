#include "ops/range/range.h"

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"
#include "ops/known_list.h"

namespace tenon {

OP(RangeOf, range)

static Dim one_of(const Inputs& in, int i, const char* what) {
  Contents list = known_list(in, i, what);
  check(list.size() == 1, what, " is ", in[i], ", expected one number");
  return list[0];
}

Types RangeOf::infer(const Inputs& in) const {
  in.check_count(3, 3);
  in.check_same_element(0, 1);
  in.check_same_element(0, 2);
  Dim start = one_of(in, 0, "start"), limit = one_of(in, 1, "limit"), delta = one_of(in, 2, "delta");
  check(delta.known(), ErrorId::not_known, "delta is ", delta, ", which is not known until run time");
  check(!delta.is(0), "delta is 0");
  Dim count = delta.value() > 0 ? ceil_div(limit - start, delta) : ceil_div(start - limit, Dim(0) - delta);
  return {TensorType{in[0].element, {max(0, count)}}};
}

std::optional<Contents> RangeOf::contents(const Inputs& in) const {
  Dim count = std::get<TensorType>(infer(in)[0]).shape[0];
  if (!count.known() || count.value() > max_contents) return {};
  Contents list;
  for (int64_t i = 0; i < count.value(); ++i) list.push_back(in.contents(0)->at(0) + in.contents(2)->at(0) * i);
  return list;
}

void RangeOf::evaluate(ConstViews in, Views out) const {
  __int128 start = integer_at(in[0], 0), limit = integer_at(in[1], 0), delta = integer_at(in[2], 0);
  check(delta != 0, "delta is 0");
  __int128 span = delta > 0 ? limit - start : start - limit, step = delta > 0 ? delta : -delta;
  check((span > 0 ? (span + step - 1) / step : 0) == out[0][0], "from ", int64_t(start), " to ", int64_t(limit), " by ",
        int64_t(delta), " there are not ", out[0][0], " numbers");
  dispatch(out[0].element, [&]<class T>() {
    if constexpr (!is_float<T>)
      for (int64_t i = 0; i < out[0][0]; ++i) out[0].as<T>()[i] = T(int64_t(start + i * delta));
  });
}

}  // namespace tenon
