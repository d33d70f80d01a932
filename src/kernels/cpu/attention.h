// softmax(scores(q kᵀ)) v for a block of queries: keys come in blocks too, so that no more scores exist at a time than
// stay in the nearest caches.
#pragma once
#include <cstdint>
#include <span>

namespace tenon {

constexpr int64_t attention_rows = 32, attention_keys = 128;  // the largest blocks

// What happens to the products before softmax. Operands are seen as [row][key] by their steps, in elements.
struct ScoreStep {
  enum Kind { scale, add, select } kind;
  float number = 1;            // scale, add: a factor; select: what stands where the condition is not `keep`
  bool keep = true;            // select: scores stay where the condition is this
  const void* data = nullptr;  // add: floats, to the scaled scores; select: bools
  int64_t row_step = 0, key_step = 0;
};

struct AttentionBlock {
  const float *q, *k, *v;  // elements [row][inner], [key][inner], [key][columns]; columns lie side by side
  int64_t q_row, q_step, k_row, k_step, v_row;
  float q_factor;
  int64_t rows, keys, inner, columns;  // rows: at most attention_rows
  std::span<const ScoreStep> steps;
  float scale;  // above 0, of the scores after all steps
  float* y;
  int64_t y_row;
  float* scratch;  // of attention_scratch
};

int64_t attention_scratch(int64_t inner, int64_t columns);  // in floats

template <int N>
void attend(const AttentionBlock& block);
extern template void attend<4>(const AttentionBlock&);
extern template void attend<8>(const AttentionBlock&);
extern template void attend<16>(const AttentionBlock&);

}  // namespace tenon
