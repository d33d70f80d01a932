#include "kernels/cuda/pool.h"

namespace tenon::cuda {

int pool_width(ElementType in) { return int(16 / size_bytes(in)); }

// One thread computes `width` neighbouring channels of a position.
static std::string pool_kernel(const char* name, const char* index, int width, const char* order, bool max,
                               bool count_pads) {
  return concat("extern \"C\" __global__ void ", name, R"((const Pool a, const In* __restrict__ x, Out* y) {
  typedef )",
                index, R"( Index;
  const int width = )",
                width, ", order[5] = ", order, R"(;
  const Sum infinity = (Sum)__longlong_as_double(0x7ff0000000000000ll);
  for (Index i = (Index)blockIdx.x * blockDim.x + threadIdx.x; i < (Index)a.count; i += (Index)gridDim.x * blockDim.x) {
    Index at[5], rest = i, to = 0;
    for (int k = 0; k < 5; ++k) {
      const int d = order[k];
      const Index extent = (Index)a.out[d] / (d == 1 ? width : 1);
      at[d] = rest % extent * (d == 1 ? width : 1);
      rest /= extent;
      to += at[d] * (Index)a.stride_y[d];
    }
    const Index base = at[0] * (Index)a.stride_x[0] + at[1] * (Index)a.stride_x[1];
    const Index p0 = at[2] * (Index)a.stride[0] - (Index)a.pad[0], q0 = at[3] * (Index)a.stride[1] - (Index)a.pad[1],
                r0 = at[4] * (Index)a.stride[2] - (Index)a.pad[2];
    Sum s[width];
    for (int v = 0; v < width; ++v) s[v] = )",
                max ? "-infinity" : "0", R"(;
    Index met = 0;
    for (Index u = 0; u < (Index)a.window[0]; ++u) {
      const Index p = p0 + u * (Index)a.dilation[0];
      const bool in_p = p >= 0 && p < (Index)a.in[0], padded_p = p >= -(Index)a.pad[0] && p < (Index)(a.in[0] + a.pad_end[0]);
      for (Index v = 0; v < (Index)a.window[1]; ++v) {
        const Index q = q0 + v * (Index)a.dilation[1];
        const bool in_q = in_p && q >= 0 && q < (Index)a.in[1];
        const bool padded_q = padded_p && q >= -(Index)a.pad[1] && q < (Index)(a.in[1] + a.pad_end[1]);
        for (Index w = 0; w < (Index)a.window[2]; ++w) {
          const Index r = r0 + w * (Index)a.dilation[2];
          met += )",
                count_pads ? "padded_q && r >= -(Index)a.pad[2] && r < (Index)(a.in[2] + a.pad_end[2])"
                           : "in_q && r >= 0 && r < (Index)a.in[2]",
                R"(;
          if (!in_q || r < 0 || r >= (Index)a.in[2]) continue;
          const Pack<In, width> pack = *(const Pack<In, width>*)(x + base + p * (Index)a.stride_x[2] + q * (Index)a.stride_x[3] + r * (Index)a.stride_x[4]);
          for (int k = 0; k < width; ++k) {
            const Sum value = (Sum)load(pack.v[k]);
            s[k] = )",
                max ? "larger(s[k], value)" : "s[k] + value", R"(;
          }
        }
      }
    }
    Pack<Out, width> pack;
    for (int k = 0; k < width; ++k) pack.v[k] = Store<Out>::of()",
                max ? "s[k]" : "met ? s[k] / (Sum)met : (Sum)0", R"();
    *(Pack<Out, width>*)(y + to) = pack;
  }
}
)");
}

std::string pool_source(bool max, bool count_pads, bool channels_last, ElementType in, ElementType out) {
  const char* accumulator = in == ElementType::f64 ? "double" : "float";
  std::string text = prelude();
  text += concat("typedef ", stored_type(in), " In;\ntypedef ", stored_type(out), " Out;\ntypedef ", accumulator,
                 " Sum;\n");
  text +=
      "struct Pool { long long count, out[5], stride_x[5], stride_y[5], in[3], window[3], stride[3], dilation[3], "
      "pad[3], pad_end[3]; };\n"
      "template <class T, int n> struct __align__(sizeof(T) * n) Pack { T v[n]; };\n";
  const char* order = channels_last ? "{1, 4, 3, 2, 0}" : "{4, 3, 2, 1, 0}";
  for (const char* index : {"int", "long long"})
    text += pool_kernel(*index == 'i' ? "pool32" : "pool64", index, 1, order, max, count_pads);
  if (channels_last) text += pool_kernel("pool32_wide", "int", pool_width(in), order, max, count_pads);
  return text;
}

}  // namespace tenon::cuda
