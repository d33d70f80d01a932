#include "kernels/cuda/rows.h"

#include <algorithm>

namespace tenon::cuda {

RowArguments row_arguments(const Extents& extents, const std::vector<bool>& along, const Extents& steps_x,
                           const Extents& steps_y) {
  RowArguments a;
  auto add = [](long long& rank, long long* extent, long long* sx, long long* sy, int64_t n, int64_t x, int64_t y) {
    if (n == 1) return;
    bool merges = rank > 0 && sx[rank - 1] == x * n && sy[rank - 1] == y * n;
    if (!merges) extent[rank++] = 1;
    extent[rank - 1] *= n;
    sx[rank - 1] = x;
    sy[rank - 1] = y;
  };
  for (int d = 0; d < extents.rank; ++d) {
    int64_t n = extents[d];
    if (along[size_t(d)]) {
      add(a.reduced_rank, a.reduced_extent, a.reduced_stride_x, a.reduced_stride_y, n, steps_x[d], steps_y[d]);
      a.length *= n;
    } else {
      add(a.kept_rank, a.kept_extent, a.kept_stride_x, a.kept_stride_y, n, steps_x[d], steps_y[d]);
      a.rows *= n;
    }
  }
  return a;
}

RowArguments row_arguments(const Extents& x, const std::vector<bool>& along, bool same_shape) {
  Extents kept, steps = x;
  for (int d = 0; d < x.rank; ++d)
    if (!along[size_t(d)] || same_shape) kept.push(x[d]);
  Extents kept_steps = strides_of(kept);
  int at = 0;
  for (int d = 0; d < x.rank; ++d) steps[d] = !along[size_t(d)] || same_shape ? kept_steps[at++] : 0;
  return row_arguments(x, along, strides_of(x), steps);
}

unsigned row_blocks(const RowArguments& a) {
  constexpr int64_t most = 1 << 20;
  return unsigned(std::min<int64_t>(a.rows, most));
}

namespace {

std::string frame(ElementType in, ElementType out) {
  return prelude() +
         concat("typedef ", stored_type(in), " In;\ntypedef ", stored_type(out), " Out;\ntypedef ", register_type(in),
                " Sum;\n") +
         concat(
             "struct Row { long long rows, length, kept_rank, reduced_rank, kept_extent[8], kept_stride_x[8], "
             "kept_stride_y[8], ",
             "reduced_extent[8], reduced_stride_x[8], reduced_stride_y[8]; };\n") +
         R"(
__device__ inline void place(long long i, long long rank, const long long* extent, const long long* sx, const long long* sy,
                             long long& x, long long& y) {
  for (int d = (int)rank - 1; d >= 0; --d) {
    const long long at = d ? i % extent[d] : i;  // divisions are what a short row would wait for
    if (d) i /= extent[d];
    x += at * sx[d];
    y += at * sy[d];
  }
}
// All threads' parts of a row, joined as a tree of fixed shape.
template <class Join> __device__ inline Sum together(Sum mine, Join join) {
  __shared__ Sum part[256];
  __syncthreads();
  part[threadIdx.x] = mine;
  __syncthreads();
  for (int half = 128; half > 0; half >>= 1) {
    if (threadIdx.x < half) part[threadIdx.x] = join(part[threadIdx.x], part[threadIdx.x + half]);
    __syncthreads();
  }
  return part[0];
}
struct Add { __device__ Sum operator()(Sum a, Sum b) const { return a + b; } };
struct Multiply { __device__ Sum operator()(Sum a, Sum b) const { return a * b; } };
struct Larger { __device__ Sum operator()(Sum a, Sum b) const { return larger(a, b); } };
struct Smaller { __device__ Sum operator()(Sum a, Sum b) const { return smaller(a, b); } };
__device__ inline Sum infinity() { return (Sum)__longlong_as_double(0x7ff0000000000000ll); }
)";
}

struct Way {
  const char *start, *each, *join, *end;
};
Way way_of(RowKind kind) {
  switch (kind) {
    case RowKind::sum: return {"0", "s + v", "Add", "s"};
    case RowKind::mean: return {"0", "s + v", "Add", "s / (Sum)a.length"};
    case RowKind::prod: return {"1", "s * v", "Multiply", "s"};
    case RowKind::max: return {"-infinity()", "larger(s, v)", "Larger", "s"};
    case RowKind::min: return {"infinity()", "smaller(s, v)", "Smaller", "s"};
    case RowKind::l1: return {"0", "s + fabs(v)", "Add", "s"};
    case RowKind::l2: return {"0", "s + v * v", "Add", "sqrt(s)"};
    case RowKind::log_sum: return {"0", "s + v", "Add", "log(s)"};
    case RowKind::sum_square: return {"0", "s + v * v", "Add", "s"};
    case RowKind::log_sum_exp: break;
  }
  return {nullptr, nullptr, nullptr, nullptr};
}

const char* const walk = R"(
  for (long long row = blockIdx.x; row < a.rows; row += gridDim.x) {
    long long bx = 0, by = 0;
    place(row, a.kept_rank, a.kept_extent, a.kept_stride_x, a.kept_stride_y, bx, by);
#define EACH(use) for (long long i = threadIdx.x; i < a.length; i += blockDim.x) { \
      long long ox = bx, oy = by; \
      place(i, a.reduced_rank, a.reduced_extent, a.reduced_stride_x, a.reduced_stride_y, ox, oy); \
      const Sum v = (Sum)load(x[ox]); \
      use; }
)";

const char* const largest = R"(
    Sum m = -infinity();
    EACH(m = larger(m, v))
    m = together(m, Larger());
    const Sum shift = m == infinity() || m == -infinity() ? (Sum)0 : m;
)";

}  // namespace

std::string reduce_source(RowKind kind, ElementType in, ElementType out) {
  std::string text =
      frame(in, out) + "extern \"C\" __global__ void reduce(const Row a, const In* __restrict__ x, Out* y) {" + walk;
  if (kind == RowKind::log_sum_exp) {
    text += largest;
    text += "    Sum s = 0;\n    EACH(s += exp(v - shift))\n    s = together(s, Add());\n";
    text += "    if (threadIdx.x == 0) y[by] = Store<Out>::of(log(s) + shift);\n";
  } else {
    Way w = way_of(kind);
    text += concat("    Sum s = ", w.start, ";\n    EACH(s = ", w.each, ")\n    s = together(s, ", w.join, "());\n");
    text += concat("    if (threadIdx.x == 0) y[by] = Store<Out>::of(", w.end, ");\n");
  }
  return text + "  }\n}\n";
}

std::string softmax_source(bool log, ElementType in, ElementType out) {
  std::string text =
      frame(in, out) + "extern \"C\" __global__ void softmax(const Row a, const In* __restrict__ x, Out* y) {" + walk;
  text += "    Sum m = -infinity();\n    EACH(m = larger(m, v))\n    m = together(m, Larger());\n";
  text += "    Sum s = 0;\n    EACH(s += exp(v - m))\n    s = together(s, Add());\n";
  text += log ? "    const Sum t = log(s);\n    EACH(y[oy] = Store<Out>::of((v - m) - t))\n"
              : "    EACH(y[oy] = Store<Out>::of(exp(v - m) / s))\n";
  return text + "  }\n}\n";
}

std::string arg_source(bool largest, bool last, ElementType in) {
  std::string text = frame(in, ElementType::i64);
  text += concat(R"(
// Whether element j, y, goes before element i, x; -1 is none.
__device__ inline bool before(Sum x, long long i, Sum y, long long j) {
  if (i < 0 || j < 0) return j >= 0;
  const bool nan_x = x != x, nan_y = y != y;
  if (nan_x != nan_y) return nan_y;
  if (nan_x || x == y) return )",
                 last ? "j > i" : "j < i", ";\n  return ", largest ? "y > x" : "y < x", R"(;
}
extern "C" __global__ void arg(const Row a, const In* __restrict__ x, long long* y) {
  __shared__ Sum bests[256];
  __shared__ long long places[256];)");
  text += walk;
  return text + R"(
    Sum best = 0;
    long long at = -1;
    EACH(if (before(best, at, v, i)) { best = v; at = i; })
    __syncthreads();
    bests[threadIdx.x] = best;
    places[threadIdx.x] = at;
    __syncthreads();
    for (int half = 128; half > 0; half >>= 1) {
      const int other = threadIdx.x + half;
      if (threadIdx.x < half && before(bests[threadIdx.x], places[threadIdx.x], bests[other], places[other])) {
        bests[threadIdx.x] = bests[other];
        places[threadIdx.x] = places[other];
      }
      __syncthreads();
    }
    if (threadIdx.x == 0) y[by] = places[0];
  }
}
)";
}

std::string normalize_source(bool center, ElementType in, ElementType out) {
  std::string text = frame(in, out) + R"(
extern "C" __global__ void normalize(const Row a, const Row b, const Sum epsilon, const In* __restrict__ x,
                                     const In* __restrict__ scale, const In* __restrict__ bias, Out* y) {)";
  text += walk;
  text += R"(
    long long scale_row = 0, bias_row = 0;
    place(row, b.kept_rank, b.kept_extent, b.kept_stride_x, b.kept_stride_y, scale_row, bias_row);
    Sum mean = 0, s = 0;
)";
  if (center) text += "    EACH(s += v)\n    mean = together(s, Add()) / (Sum)a.length;\n    s = 0;\n";
  return text + R"(
    EACH(s += (v - mean) * (v - mean))
    const Sum factor = 1 / sqrt(together(s, Add()) / (Sum)a.length + epsilon);
    EACH(long long at_scale = scale_row; long long at_bias = bias_row;
         place(i, b.reduced_rank, b.reduced_extent, b.reduced_stride_x, b.reduced_stride_y, at_scale, at_bias);
         Sum t = (v - mean) * factor;
         if (scale) t *= (Sum)load(scale[at_scale]);
         if (bias) t += (Sum)load(bias[at_bias]);
         y[oy] = Store<Out>::of(t))
  }
}
)";
}

}  // namespace tenon::cuda
