// Preloaded into a program that pools 1x3x224x224 images: puts random numbers into what it copies in, and compares what
// it copies out with 2x2 max pooling, exactly.
#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

static std::vector<float> given;

extern "C" cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, enum cudaMemcpyKind kind,
                                       cudaStream_t stream) {
  static auto next = reinterpret_cast<decltype(&cudaMemcpyAsync)>(dlsym(RTLD_NEXT, "cudaMemcpyAsync"));
  if (kind == cudaMemcpyHostToDevice) {
    given.resize(bytes / sizeof(float));
    for (float& x : given) x = float(std::rand()) - 1e9f;
    return next(to, given.data(), bytes, kind, stream);
  }
  if (kind != cudaMemcpyDeviceToHost) return next(to, from, bytes, kind, stream);
  cudaError_t status = next(to, from, bytes, kind, stream);
  cudaStreamSynchronize(stream);
  constexpr size_t width = 224;
  size_t wrong = 0, count = bytes / sizeof(float);
  for (size_t i = 0; i < count; ++i) {
    const float* q = &given[i / (width / 2) * 2 * width + i % (width / 2) * 2];
    wrong += static_cast<const float*>(to)[i] != std::max({q[0], q[1], q[width], q[width + 1]});
  }
  std::printf("watch: %zu in, %zu out, %zu wrong\n", given.size(), count, wrong);
  return status;
}
