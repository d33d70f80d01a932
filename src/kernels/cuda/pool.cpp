#include "kernels/cuda/pool.h"

namespace tenon::cuda {

std::string pool_source(bool max, bool count_pads, bool channels_last, ElementType in, ElementType out) {
  const char* accumulator = in == ElementType::f64 ? "double" : "float";
  std::string text = prelude();
  text += concat("typedef ", stored_type(in), " In;\ntypedef ", stored_type(out), " Out;\ntypedef ", accumulator,
                 " Sum;\n");
  text +=
      "struct Pool { long long count, out[5], stride_x[5], stride_y[5], in[3], window[3], stride[3], dilation[3], "
      "pad[3], pad_end[3]; };\n";
  const char* order = channels_last ? "{1, 4, 3, 2, 0}" : "{4, 3, 2, 1, 0}";
  text += concat(
      R"(
extern "C" __global__ void pool(const Pool a, const In* __restrict__ x, Out* y) {
  const int order[5] = )",
      order, R"(;
  for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < a.count; i += (long long)gridDim.x * blockDim.x) {
    long long at[5], rest = i, to = 0;
    for (int k = 0; k < 5; ++k) {
      const int d = order[k];
      at[d] = rest % a.out[d];
      rest /= a.out[d];
      to += at[d] * a.stride_y[d];
    }
    const long long base = at[0] * a.stride_x[0] + at[1] * a.stride_x[1];
    const Sum infinity = (Sum)__longlong_as_double(0x7ff0000000000000ll);
    Sum s = )",
      max ? "-infinity" : "0", R"(;
    long long met = 0;
    for (long long u = 0; u < a.window[0]; ++u) {
      const long long p = at[2] * a.stride[0] - a.pad[0] + u * a.dilation[0];
      const bool in_p = p >= 0 && p < a.in[0], padded_p = p >= -a.pad[0] && p < a.in[0] + a.pad_end[0];
      for (long long v = 0; v < a.window[1]; ++v) {
        const long long q = at[3] * a.stride[1] - a.pad[1] + v * a.dilation[1];
        const bool in_q = in_p && q >= 0 && q < a.in[1], padded_q = padded_p && q >= -a.pad[1] && q < a.in[1] + a.pad_end[1];
        for (long long w = 0; w < a.window[2]; ++w) {
          const long long r = at[4] * a.stride[2] - a.pad[2] + w * a.dilation[2];
          met += )",
      count_pads ? "padded_q && r >= -a.pad[2] && r < a.in[2] + a.pad_end[2]" : "in_q && r >= 0 && r < a.in[2]", R"(;
          if (!in_q || r < 0 || r >= a.in[2]) continue;
          const Sum value = (Sum)load(x[base + p * a.stride_x[2] + q * a.stride_x[3] + r * a.stride_x[4]]);
          s = )",
      max ? "larger(s, value)" : "s + value", R"(;
        }
      }
    }
    y[to] = Store<Out>::of()",
      max ? "s" : "met ? s / (Sum)met : (Sum)0", R"();
  }
}
)");
  return text;
}

}  // namespace tenon::cuda
