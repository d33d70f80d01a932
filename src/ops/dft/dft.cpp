#include "ops/dft/dft.h"

#include <cmath>

#include "base/dispatch.h"
#include "ops/fourier.h"
#include "ops/indices.h"
#include "ops/known.h"
#include "ops/known_list.h"

namespace tenon {

OP(Dft, dft)

void Dft::fields(FieldVisitor& v) {
  v("inverse", inverse, false);
  v("one_sided", one_sided, false);
  v("with_length", with_length, false);
}

static int signal_axis(int64_t axis, int rank) {
  int along = axis_of(axis, rank);
  check(along < rank - 1, "axis ", axis, " holds the parts of complex numbers");
  return along;
}

Types Dft::infer(const Inputs& in) const {
  in.check_count(with_length ? 3 : 2, with_length ? 3 : 2);
  in.check_element(0, float_types, "x");
  in.check_element(1, index_types, "the axis");
  TensorType y = in[0];
  check(y.rank() >= 2, "x is ", in[0], ", expected a signal's axes and one for the parts of complex numbers");
  const Dim parts = y.shape.back();
  check(!parts.known() || parts.is(1) || parts.is(2), "x is ", in[0], ", the last axis has ", parts,
        " elements, expected 1 or 2");
  check(!one_sided || !parts.known() || parts.is(inverse ? 2 : 1), "x is ", in[0], ", a one-sided transform takes ",
        inverse ? "complex" : "real", " numbers");
  check(in[1].rank() <= 1 && count(in[1].shape).is(1), "the axis is ", in[1], ", expected one number");
  y.shape.back() = one_sided && inverse ? 1 : 2;
  if (!one_sided && !with_length && !in.contents(1)) return {y};
  Contents axis = known_list(in, 1, "the axis");
  check(axis[0].known(), ErrorId::not_known, "the axis ", axis[0], " is not known until run time");
  Dim& extent = y.shape[size_t(signal_axis(axis[0].value(), y.rank()))];
  Dim length = one_sided && inverse ? (extent - 1) * 2 : extent;
  if (with_length) {
    Contents given = known_list(in, 2, "the length");
    check(given.size() == 1, "the length is ", in[2], ", expected one number");
    length = given[0];
  }
  check(!length.known() || length.value() > 0, "a transform of length ", length, " is not defined");
  extent = one_sided && !inverse ? floor_div(length, 2) + 1 : length;
  return {y};
}

void Dft::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  const View& y = out[0];
  if (y.count() == 0) return;
  int along = signal_axis(integer_at(in[1], 0), x.rank());
  int64_t length = with_length ? number_in(in[2], 0) : one_sided && !inverse ? x[along] : y[along];
  int64_t parts = x[x.rank() - 1], y_parts = y[y.rank() - 1], inner = x.extents.count_between(along + 1, x.rank() - 1);
  int64_t rows = x.extents.count_between(0, along), given = std::min(x[along], length);
  using Complex = Fourier::Complex;
  Fourier fourier(length, inverse);
  std::vector<Complex> signal(static_cast<size_t>(length)), result(static_cast<size_t>(length));
  dispatch(x.element, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t row = 0; row < rows * inner; ++row) {
        const T* from = x.as<T>() + (row / inner * x[along] * inner + row % inner) * parts;
        std::fill(signal.begin(), signal.end(), Complex());
        for (int64_t k = 0; k < given; ++k) {
          const T* number = from + k * inner * parts;
          Complex value(double(number[0]), parts == 2 ? double(number[1]) : 0);
          int64_t mirror = length - k;
          bool own = k % length == mirror % length;  // such numbers are real
          if (!one_sided || !inverse) signal[size_t(k)] = value;
          else if (own) signal[size_t(k)] = value.real();
          else if (k < mirror) signal[size_t(k)] = value, signal[size_t(mirror)] = std::conj(value);
        }
        fourier.run(signal, result);
        T* to = y.as<T>() + (row / inner * y[along] * inner + row % inner) * y_parts;
        for (int64_t k = 0; k < y[along]; ++k, to += inner * y_parts) {
          to[0] = T(result[size_t(k)].real());
          if (y_parts == 2) to[1] = T(result[size_t(k)].imag());
        }
      }
  });
}

double Dft::work(ConstViews, Views out) const {
  double count = double(out[0].count());
  return count * 4 * std::log2(count + 2);
}

}  // namespace tenon
