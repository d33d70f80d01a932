#include "ops/fourier.h"

#include <numbers>

namespace tenon {

static int64_t smallest_factor(int64_t n) {
  for (int64_t p = 2; p * p <= n; ++p)
    if (n % p == 0) return p;
  return n;
}

// exp(2πi k / length), exact where it is 1, i, -1 or -i.
static Fourier::Complex root(int64_t k, int64_t length) {
  static const Fourier::Complex quarters[] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
  if (4 * k % length == 0) return quarters[4 * k / length];
  double angle = 2 * std::numbers::pi * double(k) / double(length);
  return {std::cos(angle), std::sin(angle)};
}

Fourier::Fourier(int64_t length, bool inverse) : factor_(inverse ? 1 / double(length) : 1) {
  for (int64_t k = 0; k < length; ++k) roots_.push_back(inverse ? root(k, length) : std::conj(root(k, length)));
  parts_.resize(roots_.size());
}

void Fourier::run(const std::vector<Complex>& x, std::vector<Complex>& y) {
  transform(x.data(), 1, int64_t(roots_.size()), y.data());
  if (factor_ != 1)
    for (Complex& c : y) c *= factor_;
}

// Cooley and Tukey: transforms of every p-th element, then for each k a transform of length p over those.
void Fourier::transform(const Complex* x, int64_t step, int64_t length, Complex* y) {
  if (length <= 1) {
    if (length == 1) *y = *x;
    return;
  }
  int64_t p = smallest_factor(length), part = length / p;
  for (int64_t r = 0; r < p; ++r) transform(x + r * step, step * p, part, y + r * part);
  int64_t whole = int64_t(roots_.size()), stride = whole / length;
  for (int64_t k = 0; k < part; ++k) {
    for (int64_t r = 0; r < p; ++r) parts_[size_t(r)] = y[r * part + k] * roots_[size_t(r * k * stride % whole)];
    for (int64_t q = 0; q < p; ++q) {
      Complex sum = 0;
      for (int64_t r = 0; r < p; ++r) sum += parts_[size_t(r)] * roots_[size_t(r * q % p * (whole / p))];
      y[k + q * part] = sum;
    }
  }
}

}  // namespace tenon
