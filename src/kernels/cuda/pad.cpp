#include "kernels/cuda/pad.h"

namespace tenon::cuda {

static const char* source_of(PadWay way) {  // of a place outside of 0 … kept - 1
  switch (way) {
    case PadWay::constant: return "place = -1;";
    case PadWay::edge: return "place = place < 0 ? 0 : kept - 1;";
    case PadWay::wrap: return "place = (place % kept + kept) % kept;";
    case PadWay::reflect: break;
  }
  return R"({
        const long long period = kept > 1 ? 2 * (kept - 1) : 1, phase = (place % period + period) % period;
        place = phase < period - phase ? phase : period - phase;
      })";
}

std::string pad_source(PadWay way) {
  std::string text = concat(R"(
struct Pad { long long count, rank, extent[8], before[8], first[8], kept[8], step[8]; };
template <class T> __device__ inline void pad(const Pad& a, const T* __restrict__ x, const T* __restrict__ number, T* y) {
  const long long threads = (long long)gridDim.x * blockDim.x;
  for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < a.count; i += threads) {
    long long from = 0, rest = i;
    bool inside = true;
    for (int d = (int)a.rank - 1; d >= 0; --d) {
      const long long kept = a.kept[d];
      long long place = (d ? rest % a.extent[d] : rest) - a.before[d];
      if (d) rest /= a.extent[d];
      if (kept == 0) place = -1;
      else if (place < 0 || place >= kept) )",
                            source_of(way), R"(
      inside = inside && place >= 0;
      from += (place + a.first[d]) * a.step[d];
    }
    y[i] = inside ? x[from] : number ? *number : T();
  }
}
)");
  for (const auto& [bytes, type] :
       {std::pair{1, "unsigned char"}, {2, "unsigned short"}, {4, "unsigned int"}, {8, "unsigned long long"}})
    text += concat("extern \"C\" __global__ void pad", bytes, "(const Pad a, const ", type, "* x, const ", type,
                   "* number, ", type, "* y) {\n  pad<", type, ">(a, x, number, y);\n}\n");
  return text;
}

}  // namespace tenon::cuda
