// The discrete Fourier transform of one row, of any length: y[k] = sum over j of x[j] exp(-2πi jk / length).
#pragma once
#include <complex>
#include <vector>

namespace tenon {

class Fourier {
 public:
  using Complex = std::complex<double>;
  Fourier(int64_t length, bool inverse);  // inverse: exp(+2πi jk / length) / length

  // Steps are as many as the sum of the length's prime factors, for each element.
  void run(const std::vector<Complex>& x, std::vector<Complex>& y);

 private:
  void transform(const Complex* x, int64_t step, int64_t length, Complex* y);

  std::vector<Complex> roots_;  // of unity
  std::vector<Complex> parts_;  // one of each sub-transform
  double factor_;
};

}  // namespace tenon
