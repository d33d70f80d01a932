// softmax(scores(q kᵀ)) v for one query a block of threads: keys come in chunks, and in parts where there are fewer
// queries than a GPU has room for. Sums are in f32, in an order that depends on shapes alone.
#pragma once
#include "base/extents.h"
#include "kernels/cuda/text.h"

namespace tenon::cuda {

constexpr int attention_threads = 128, attention_chunk = 64, max_attention_steps = 6, max_attention_batch = 6;
constexpr int64_t max_head = 256;  // elements of a query, key or value

// What happens to a score before softmax.
struct AttentionStep {
  enum Kind { scale, add, select } kind;
  bool keep = true;                       // select: scores stay where the condition is this
  ElementType stored = ElementType::f32;  // of the operand of add or select
};

// Steps in elements; those of operand i of `add` and `select` count all of AttentionStep, also those without one.
struct AttentionArguments {
  using Batch = long long[max_attention_batch];
  long long rank = 0;  // of the batch
  Batch batch = {}, q_batch = {}, k_batch = {}, v_batch = {}, y_batch = {}, step_batch[max_attention_steps] = {};
  long long queries = 0, keys = 0, inner = 0, columns = 0;
  long long q_row = 0, q_step = 0, k_row = 0, k_step = 0, v_row = 0, y_row = 0;
  long long step_row[max_attention_steps] = {}, step_key[max_attention_steps] = {};
  long long tasks = 0, parts = 1, chunks = 0;  // of a query's keys: parts with so many chunks
  long long wide = 0;                          // keys can be read four elements at once
  float q_factor = 1, scale = 1;               // of queries; of scores after all steps
  float number[max_attention_steps] = {};      // scale: the factor; add: the score's; select: what stands elsewhere

  void set_parts(long long rows);    // for so many queries in all batches
  long long partial_floats() const;  // what the parts leave for `join`; 0: there is one part
};

// Kernels `attend(AttentionArguments, q, k, v, operand of each step that has one …, partial, y)` and, where there is
// more than one part, `join(AttentionArguments, partial, y)`.
std::string attention_source(ElementType stored, std::span<const AttentionStep> steps);

}  // namespace tenon::cuda
