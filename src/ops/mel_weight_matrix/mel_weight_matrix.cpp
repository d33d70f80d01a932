#include "ops/mel_weight_matrix/mel_weight_matrix.h"

#include <algorithm>
#include <cmath>

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"
#include "ops/known_list.h"

namespace tenon {

OP(MelWeightMatrix, mel_weight_matrix)

Types MelWeightMatrix::infer(const Inputs& in) const {
  static const char* const names[] = {"the count of bands", "the length", "the sample rate", "the lowest frequency",
                                      "the highest frequency"};
  in.check_count(5, 5);
  for (int i = 0; i < 5; ++i) {
    in.check_element(i, i < 3 ? index_types : float_types, names[i]);
    check(in[i].rank() <= 1 && count(in[i].shape).is(1), names[i], " is ", in[i], ", expected one number");
  }
  check(number_types.contains(type), ErrorId::unsupported_type, "weights of type ", type, " are not defined");
  Dim bands = known_list(in, 0, names[0])[0], length = known_list(in, 1, names[1])[0];
  check(!bands.known() || bands.value() >= 0, names[0], " is ", bands);
  check(!length.known() || length.value() >= 0, names[1], " is ", length);
  return {TensorType{type, {floor_div(length, 2) + 1, bands}}};
}

void MelWeightMatrix::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  int64_t bands = out[0][1], bins = out[0][0], length = integer_at(in[1], 0), rate = integer_at(in[2], 0);
  auto mel = [&](int i) { return 2595 * std::log10(1 + load_scalar(in[i].data, in[i].element).f / 700); };
  double low = mel(3), step = (mel(4) - low) / double(checked_add(bands, 2));
  check(rate > 0, "the sample rate is ", rate);
  check(std::isfinite(low) && std::isfinite(step) && low >= 0 && step >= 0, "frequencies from ",
        load_scalar(in[3].data, in[3].element).f, " to ", load_scalar(in[4].data, in[4].element).f, " hertz");
  auto bin_at = [&](int64_t edge, int64_t past) {
    double hertz = 700 * (std::pow(10, (double(edge) * step + low) / 2595) - 1);
    double bin = std::floor(double(length + 1) * std::max(hertz, 0.0) / double(rate));
    check(bin < double(past), "a band reaches bin ", bin, " of a spectrum that has ", bins);
    return int64_t(bin);
  };
  dispatch(type, [&]<class T>() {
    T* y = out[0].as<T>();
    for (int64_t i = 0; i < bins * bands; ++i) y[i] = T(0.0);
    for (int64_t band = 0; band < bands; ++band) {
      int64_t left = bin_at(band, bins), middle = bin_at(band + 1, bins), right = bin_at(band + 2, bins + 1);
      for (int64_t k = left; k < middle; ++k) y[k * bands + band] = T(double(k - left) / double(middle - left));
      y[middle * bands + band] = T(1.0);
      for (int64_t k = middle + 1; k < right; ++k) y[k * bands + band] = T(double(right - k) / double(right - middle));
    }
  });
}

}  // namespace tenon
