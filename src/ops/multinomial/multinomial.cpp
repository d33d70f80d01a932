#include "ops/multinomial/multinomial.h"

#include <algorithm>

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"
#include "ops/philox.h"

namespace tenon {

OP(Multinomial, multinomial)

void Multinomial::fields(FieldVisitor& v) {
  v("samples", samples);
  v("type", type, ElementType::i32);
  v("seed", seed, int64_t(0));
  v("stream", stream, int64_t(0));
}

Types Multinomial::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, float_types, "x");
  check(in[0].rank() == 2, "x is ", in[0], ", expected [batch,classes]");
  check(samples >= 0, "samples is ", samples);
  check(index_types.contains(type), ErrorId::unsupported_type, "classes are of type ", type, ", expected i32 or i64");
  check(!in[0].shape[1].is(0), "x is ", in[0], ", there is no class to draw");
  return {TensorType{type, {in[0].shape[0], samples}}};
}

// `sums` become sums of the probabilities up to each class, up to a factor.
template <class T>
static void accumulate(const T* x, std::vector<double>& sums) {
  double largest = -INFINITY, sum = 0;
  for (size_t k = 0; k < sums.size(); ++k) largest = std::max(largest, double(x[k]));
  for (size_t k = 0; k < sums.size(); ++k) {
    sum += std::exp(double(x[k]) - largest);
    sums[k] = sum;
  }
}

void Multinomial::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  if (out[0].count() == 0) return;
  int64_t classes = in[0][1];
  std::vector<double> sums(static_cast<size_t>(classes));
  Draws draws(seed, stream);
  dispatch(in[0].element, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t row = 0; row < in[0][0]; ++row) {
        accumulate(in[0].as<T>() + row * classes, sums);
        check(sums.back() > 0, "the probabilities of row ", row, " are no numbers, or all 0");
        for (int64_t i = row * samples; i < (row + 1) * samples; ++i) {
          auto drawn = std::upper_bound(sums.begin(), sums.end(), draws.uniform(i) * sums.back());
          int64_t drawn_class = std::min<int64_t>(drawn - sums.begin(), classes - 1);
          if (type == ElementType::i64) out[0].as<int64_t>()[i] = drawn_class;
          else out[0].as<int32_t>()[i] = int32_t(drawn_class);
        }
      }
  });
}

}  // namespace tenon
