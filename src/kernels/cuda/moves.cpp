#include "kernels/cuda/moves.h"

#include <algorithm>

#include "kernels/cuda/indices.h"
#include "kernels/cuda/strided.h"

namespace tenon::cuda {

MoveArguments move_arguments(const Extents& extents, const Extents& from, const Extents& to, const Extents* index) {
  std::vector<Extents> strides{from, index ? *index : from, to};
  StridedArguments merged = strided_arguments(extents, strides);
  MoveArguments a;
  a.count = merged.count, a.rank = merged.rank;
  for (int d = 0; d < a.rank; ++d) {
    a.extent[d] = merged.extent[d], a.from[d] = merged.stride[0][d], a.to[d] = merged.stride[2][d];
    a.index[d] = index ? merged.stride[1][d] : 0;
  }
  return a;
}

int widen(MoveArguments& a, int64_t bytes, const void* from, const void* to) {
  long long last = a.rank - 1;
  if (a.from[last] != 1 || a.to[last] != 1 || a.index[last] != 0) return int(bytes);
  auto even = [&](int64_t wider) {
    bool all = reinterpret_cast<uintptr_t>(from) % uintptr_t(wider) == 0 &&
               reinterpret_cast<uintptr_t>(to) % uintptr_t(wider) == 0 && a.extent[last] % 2 == 0;
    for (long long d = 0; d < last; ++d) all = all && a.from[d] % 2 == 0 && a.to[d] % 2 == 0;
    for (long long k = 0; k < a.depth; ++k) all = all && a.step[k] % 2 == 0;
    return all;
  };
  for (; bytes < 16 && even(2 * bytes); bytes *= 2) {
    a.count /= 2, a.extent[last] /= 2;
    for (long long d = 0; d < last; ++d) a.from[d] /= 2, a.to[d] /= 2;
    for (long long k = 0; k < a.depth; ++k) a.step[k] /= 2;
  }
  return int(bytes);
}

std::string move_name(const char* kernel, int bytes, int64_t count) {
  return concat(kernel, bytes, count < (int64_t(1) << 30) ? "_32" : "_64");
}

namespace {

// The walk over positions that all have in common; `look_up` moves the source, and `element` is what arrives.
std::string kernels(const char* name, bool indexed, const char* look_up, const char* element) {
  const char* parameters = indexed ? ", const I* __restrict__ indices, Fault* fault" : "";
  std::string text = R"(
struct Move { long long count, rank, extent[8], from[8], to[8], index[8], depth, range[8], step[8], reach[8]; };
struct __align__(16) Sixteen { unsigned long long v[2]; };
template <class T, class N> __device__ inline void walk(const Move& a, const T* __restrict__ x)";
  text += concat(parameters, R"(, T* y) {
  for (N i = (N)blockIdx.x * blockDim.x + threadIdx.x; i < (N)a.count; i += (N)gridDim.x * blockDim.x) {
    long long from = 0, to = 0, at = 0;
    N rest = i;
    for (int d = (int)a.rank - 1; d >= 0; --d) {
      const N extent = (N)a.extent[d], place = d ? rest % extent : rest;
      if (d) rest /= extent;
      from += (long long)place * a.from[d];
      to += (long long)place * a.to[d];
      at += (long long)place * a.index[d];
    }
)",
                 look_up, "    y[to] = ", element, ";\n  }\n}\n");
  for (const auto& [bytes, type] : {std::pair{1, "unsigned char"},
                                    {2, "unsigned short"},
                                    {4, "unsigned int"},
                                    {8, "unsigned long long"},
                                    {16, "Sixteen"}})
    for (const auto& [bits, index] : {std::pair{32, "unsigned"}, {64, "unsigned long long"}})
      text += concat("extern \"C\" __global__ void ", name, bytes, "_", bits, "(const Move a, const ", type, "* x",
                     parameters, ", ", type, "* y) {\n  walk<", type, ", ", index, ">(a, x",
                     indexed ? ", indices, fault" : "", ", y);\n}\n");
  return text;
}

}  // namespace

std::string move_source() { return kernels("move", false, "", "x[from]"); }

std::string gather_source(ElementType index, bool clamped) {
  std::string look_up = concat(R"(    bool ok = true;
    for (int k = 0; k < (int)a.depth; ++k) {
      long long place = indices[at + k];
      bool there = in_range(place, a.range[k]);
)",
                               clamped ? "      place = place < 0 ? 0 : place < a.range[k] ? place : a.range[k] - 1;\n"
                                         "      there = true;\n"
                                       : "",
                               R"(      const long long end = place + a.reach[k];
      if (!there || end < 0 || end >= a.range[k]) {
        report(fault, indices[at + k], at + k, a.range[k]);
        ok = false;
      }
      from += place * a.step[k];
    }
)");
  return indices_text(index) + kernels("gather", true, look_up.c_str(), "ok ? x[from] : T()");
}

}  // namespace tenon::cuda
