#include "kernels/cuda/scatter.h"

#include "kernels/cuda/indices.h"
#include "kernels/cuda/strided.h"

namespace tenon::cuda {

ScatterArguments scatter_arguments(const Extents& lines, const Extents& to, const Extents& update,
                                   const Extents& index) {
  StridedArguments merged = strided_arguments(lines, std::vector<Extents>{update, index, to});
  ScatterArguments a;
  a.lines = merged.count, a.rank = merged.rank;
  for (int d = 0; d < a.rank; ++d) {
    a.extent[d] = merged.extent[d], a.update[d] = merged.stride[0][d];
    a.index[d] = merged.stride[1][d], a.to[d] = merged.stride[2][d];
  }
  return a;
}

static const char* combined(ScatterWay way) {  // NaN wins in max and min
  switch (way) {
    case ScatterWay::write: return "updates[u]";
    case ScatterWay::add: return "Store<T>::of(load(y[o]) + load(updates[u]))";
    case ScatterWay::mul: return "Store<T>::of(load(y[o]) * load(updates[u]))";
    case ScatterWay::max: return "load(y[o]) != load(y[o]) || load(y[o]) > load(updates[u]) ? y[o] : updates[u]";
    case ScatterWay::min: return "load(y[o]) != load(y[o]) || load(y[o]) < load(updates[u]) ? y[o] : updates[u]";
  }
  return "";
}

std::string scatter_source(ScatterWay way, ElementType stored, ElementType index) {
  return concat(prelude(), indices_text(index), "typedef ", stored_type(stored), " T;\n", R"(
struct Scatter { long long lines, rank, extent[8], to[8], update[8], index[8], length, update_step, index_step, depth, range[8], step[8]; };
extern "C" __global__ void scatter(const Scatter a, const T* __restrict__ updates, const I* __restrict__ indices, Fault* fault, T* y) {
  const long long threads = (long long)gridDim.x * blockDim.x;
  for (long long line = (long long)blockIdx.x * blockDim.x + threadIdx.x; line < a.lines; line += threads) {
    long long to = 0, u = 0, at = 0, rest = line;
    for (int d = (int)a.rank - 1; d >= 0; --d) {
      const long long place = d ? rest % a.extent[d] : rest;
      if (d) rest /= a.extent[d];
      to += place * a.to[d];
      u += place * a.update[d];
      at += place * a.index[d];
    }
    for (long long n = 0; n < a.length; ++n, u += a.update_step, at += a.index_step) {
      long long o = to;
      bool ok = true;
      for (int k = 0; k < (int)a.depth; ++k) {
        long long place = indices[at + k];
        if (!in_range(place, a.range[k])) {
          report(fault, indices[at + k], at + k, a.range[k]);
          ok = false;
        }
        o += place * a.step[k];
      }
      if (ok) y[o] = )",
                combined(way), R"(;
    }
  }
}
)");
}

std::string cache_source(bool circular, ElementType places) {
  std::string text = concat(indices_text(places), R"(
struct Cache { long long count, row, length, room, heads; };
struct __align__(16) Sixteen { unsigned long long v[2]; };
template <class T> __device__ inline void write(const Cache& a, const T* __restrict__ update, const I* __restrict__ places, Fault* fault, T* y) {
  const long long threads = (long long)gridDim.x * blockDim.x;
  for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < a.count; i += threads) {
    const long long line = i / a.row, block = line / a.length, batch = block / a.heads;
    const long long first = places ? (long long)places[batch] : 0;
    const long long places_there = )",
                            circular ? "a.room" : "a.room - a.length + 1", R"(;
    if (first < 0 || )",
                            circular ? "false" : "first >= places_there", R"() {
      report(fault, first, batch, places_there);
      continue;
    }
    const long long at = )",
                            circular ? "(first % a.room + line % a.length) % a.room" : "first + line % a.length", R"(;
    y[(block * a.room + at) * a.row + i % a.row] = update[i];
  }
}
)");
  for (const auto& [bytes, type] : {std::pair{1, "unsigned char"},
                                    {2, "unsigned short"},
                                    {4, "unsigned int"},
                                    {8, "unsigned long long"},
                                    {16, "Sixteen"}})
    text += concat("extern \"C\" __global__ void cache", bytes, "(const Cache a, const ", type,
                   "* update, const I* places, Fault* fault, ", type, "* y) {\n  write<", type,
                   ">(a, update, places, fault, y);\n}\n");
  return text;
}

}  // namespace tenon::cuda
