#include "kernels/cuda/attention.h"

#include <algorithm>

namespace tenon::cuda {

// As many blocks as a large GPU runs at once; not asked of the device, so that all add in the same order.
void AttentionArguments::set_parts(long long rows) {
  constexpr long long enough_blocks = 1024;
  long long all = (keys + attention_chunk - 1) / attention_chunk;
  long long wanted = std::clamp<long long>(rows > 0 ? (enough_blocks + rows - 1) / rows : 1, 1, std::max(all, 1ll));
  chunks = (all + wanted - 1) / wanted;
  parts = chunks > 0 ? (all + chunks - 1) / chunks : 1;
  tasks = rows * parts;
}

long long AttentionArguments::partial_floats() const { return parts > 1 ? tasks * (columns + 2) : 0; }

namespace {

std::string steps_text(std::span<const AttentionStep> steps) {
  std::string text;
  for (size_t i = 0; i < steps.size(); ++i) {
    std::string at = concat("m", i, "[o", i, " + key * a.step_key[", i, "]]");
    switch (steps[i].kind) {
      case AttentionStep::scale: text += concat("        s *= a.number[", i, "];\n"); break;
      case AttentionStep::add: text += concat("        s = fmaf(s, a.number[", i, "], load(", at, "));\n"); break;
      case AttentionStep::select:
        text += concat("        if (load(", at, ") ", steps[i].keep ? "== 0" : "!= 0", ") s = a.number[", i, "];\n");
    }
  }
  return text;
}

// For each step with an operand: `text` with # replaced by its number.
std::string for_operands(std::span<const AttentionStep> steps, std::string_view text) {
  std::string all;
  for (size_t i = 0; i < steps.size(); ++i)
    for (char c : steps[i].kind == AttentionStep::scale ? std::string_view() : text)
      all += c == '#' ? to_text(i) : std::string(1, c);
  return all;
}

const char* const definitions = R"(
typedef long long Batch[6];
struct Attention {
  long long rank;
  Batch batch, q_batch, k_batch, v_batch, y_batch, step_batch[6];
  long long queries, keys, inner, columns, q_row, q_step, k_row, k_step, v_row, y_row, step_row[6], step_key[6];
  long long tasks, parts, chunks, wide;
  float q_factor, scale, number[6];
};
struct __align__(sizeof(T) * 4) Four { T v[4]; };
__device__ inline float infinity() { return __int_as_float(0x7f800000); }
__device__ inline float largest(float x) {
  for (int other = 16; other > 0; other >>= 1) x = larger(x, __shfl_xor_sync(0xffffffffu, x, other));
  return x;
}
__device__ inline float total(float x) {
  for (int other = 16; other > 0; other >>= 1) x += __shfl_xor_sync(0xffffffffu, x, other);
  return x;
}
// What a largest score that may be -inf is taken off: then nothing is, and the sum stays 0.
__device__ inline float shift_of(float top) { return top == -infinity() ? 0.f : top; }
)";

const char* const scores = R"(
    float top = -infinity(), sum = 0, acc[2] = {0, 0};
    const long long begin = part * a.chunks * 64, end = begin + a.chunks * 64 < a.keys ? begin + a.chunks * 64 : a.keys;
    for (long long first = begin; first < end; first += 64) {
      const int n = end - first < 64 ? (int)(end - first) : 64;
      for (int j = threadIdx.x / 8; j < 64; j += 16) {
        const long long key = first + j;
        const T* from = k + ok + key * a.k_row;
        float s = 0;
        if (j < n && a.wide) {
          for (int i = threadIdx.x % 8 * 4; i < a.inner; i += 32) {
            const Four four = *(const Four*)(from + i);
            for (int e = 0; e < 4; ++e) s = fmaf(query[i + e], load(four.v[e]), s);
          }
        } else if (j < n) {
          for (int i = threadIdx.x % 8; i < a.inner; i += 8) s = fmaf(query[i], load(from[i * a.k_step]), s);
        }
        for (int other = 4; other > 0; other >>= 1) s += __shfl_xor_sync(0xffffffffu, s, other);
        if (threadIdx.x % 8 != 0 || j >= n) continue;
)";

const char* const weights_and_values = R"(
        score[j] = s * a.scale;
      }
      __syncthreads();
      float chunk_top = -infinity(), chunk_sum = 0;
      for (int j = lane; j < n; j += 32) chunk_top = larger(chunk_top, score[j]);
      const float now = larger(top, largest(chunk_top)), shift = shift_of(now), factor = exp(top - shift);
      __syncthreads();
      if (threadIdx.x < n) score[threadIdx.x] = exp(score[threadIdx.x] - shift);
      __syncthreads();
      for (int j = lane; j < n; j += 32) chunk_sum += score[j];
      sum = sum * factor + total(chunk_sum);
      top = now;
      for (int c = 0; c < 2; ++c) {
        const int column = c * wide + threadIdx.x % wide;
        if (column >= a.columns) continue;
        const T* from = v + ov + first * a.v_row + column;
        acc[c] *= factor;
#pragma unroll 8
        for (int j = threadIdx.x / wide; j < n; j += 128 / wide) acc[c] = fmaf(score[j], load(from[j * a.v_row]), acc[c]);
      }
      __syncthreads();
    }
    float* left = partial + task * (a.columns + 2);
    for (int c = 0; c < 2; ++c) {
      const int column = c * wide + threadIdx.x;
      __syncthreads();
      group[threadIdx.x] = acc[c];
      __syncthreads();
      if (threadIdx.x >= wide || column >= a.columns) continue;
      float all = 0;
      for (int g = threadIdx.x; g < 128; g += wide) all += group[g];
      if (a.parts > 1) left[2 + column] = all;
      else y[oy + column] = Store<T>::of(a.keys ? all / sum : 0.f);
    }
    if (a.parts > 1 && threadIdx.x == 0) left[0] = top, left[1] = sum;
  }
}
)";

const char* const join = R"(
extern "C" __global__ void join(const Attention a, const float* __restrict__ partial, T* y) {
  const long long width = a.columns + 2;
  for (long long task = blockIdx.x; task < a.tasks / a.parts; task += gridDim.x) {
    long long oy = task % a.queries * a.y_row, rest = task / a.queries;
    for (int d = (int)a.rank - 1; d >= 0; --d) {
      oy += (d ? rest % a.batch[d] : rest) * a.y_batch[d];
      if (d) rest /= a.batch[d];
    }
    const float* left = partial + task * a.parts * width;
    float top = -infinity(), sum = 0;
    for (long long p = threadIdx.x % 32; p < a.parts; p += 32) top = larger(top, left[p * width]);
    const float shift = shift_of(largest(top));
    for (long long p = threadIdx.x % 32; p < a.parts; p += 32) sum += left[p * width + 1] * exp(left[p * width] - shift);
    sum = total(sum);
    for (long long column = threadIdx.x; column < a.columns; column += blockDim.x) {
      float all = 0;
      for (long long p = 0; p < a.parts; ++p) all += left[p * width + 2 + column] * exp(left[p * width] - shift);
      y[oy + column] = Store<T>::of(all / sum);
    }
  }
}
)";

}  // namespace

std::string attention_source(ElementType stored, std::span<const AttentionStep> steps) {
  std::string text = prelude() + concat("typedef ", stored_type(stored), " T;\n") + definitions;
  text += R"(extern "C" __global__ void attend(const Attention a, const T* __restrict__ q, const T* __restrict__ k,
                                  const T* __restrict__ v)";
  for (size_t i = 0; i < steps.size(); ++i)
    if (steps[i].kind != AttentionStep::scale)
      text += concat(", const ", stored_type(steps[i].stored), "* __restrict__ m", i);
  text += concat(R"(, float* partial, T* y) {
  __shared__ float query[)",
                 max_head, "], score[", attention_chunk, "], group[", attention_threads, R"(];
  const int lane = threadIdx.x % 32, wide = a.columns <= 32 ? 32 : a.columns <= 64 ? 64 : 128;
  for (long long task = blockIdx.x; task < a.tasks; task += gridDim.x) {
    const long long part = task % a.parts, row = task / a.parts % a.queries;
    long long rest = task / a.parts / a.queries, oq = row * a.q_row, ok = 0, ov = 0, oy = row * a.y_row;
)");
  text += for_operands(steps, "    long long o# = row * a.step_row[#];\n");
  text += R"(    for (int d = (int)a.rank - 1; d >= 0; --d) {
      const long long at = d ? rest % a.batch[d] : rest;
      if (d) rest /= a.batch[d];
      oq += at * a.q_batch[d];
      ok += at * a.k_batch[d];
      ov += at * a.v_batch[d];
      oy += at * a.y_batch[d];
)";
  text += for_operands(steps, "      o# += at * a.step_batch[#][d];\n");
  text += R"(    }
    __syncthreads();
    for (int i = threadIdx.x; i < a.inner; i += 128) query[i] = load(q[oq + i * a.q_step]) * a.q_factor;
    __syncthreads();
)";
  return text + scores + steps_text(steps) + weights_and_values + join;
}

}  // namespace tenon::cuda
