#include "kernels/cuda/split.h"

namespace tenon::cuda {

// What is not finite has no low part, nor a second high one: infinity times a low part of zero would be NaN.
static std::string split_kernel(const char* name, const char* index, int width) {
  return concat("extern \"C\" __global__ void ", name, "(const long long count, const int channels, const int wide, ",
                "const float* __restrict__ x, Part* y) {\n  typedef ", index, " Index;\n  const int width = ", width,
                R"(;
  const Index step = (Index)gridDim.x * blockDim.x, packs = channels / width;
  for (Index i = (Index)blockIdx.x * blockDim.x + threadIdx.x; i < (Index)count; i += step) {
    const Index pixel = i / packs;
    const int c = (int)(i - pixel * packs) * width;
    const Pack<float, width> all = *(const Pack<float, width>*)(x + i * width);
    Pack<Part, width> parts[3];
    for (int k = 0; k < width; ++k) {
      const float high = high_of(all.v[k]);
      const bool finite = fabsf(high) < __uint_as_float(0x7f800000u);
      parts[0].v[k] = Store<Part>::of(high);
      parts[1].v[k] = Store<Part>::of(finite ? all.v[k] - high : 0.0f);
      parts[2].v[k] = Store<Part>::of(finite ? high : 0.0f);
    }
    Part* to = y + pixel * wide + c;
    for (int part = 0; part < 3; ++part) *(Pack<Part, width>*)(to + part * channels) = parts[part];
    for (int k = 3 * channels; c == 0 && k < wide; ++k) to[k] = Store<Part>::of(0.0f);
  }
}
)");
}

std::string split_source(ElementType part) {
  std::string text = concat(prelude(), "typedef ", stored_type(part), " Part;\n",
                            "template <class T, int n> struct __align__(sizeof(T) * n) Pack { T v[n]; };\n",
                            part == ElementType::f16 ? R"(
__device__ inline float high_of(float x) { return load(Store<Half>::of(x)); }
)"
                                                     : R"(
__device__ inline float high_of(float x) {
  unsigned y;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(y) : "f"(x));
  return __uint_as_float(y & 0xffffe000u);
}
)");
  return text + split_kernel("split", "unsigned", 1) + split_kernel("split_wide", "unsigned", split_width) +
         split_kernel("split_long", "unsigned long long", 1);
}

}  // namespace tenon::cuda
