// A pointwise expression as steps on registers, each over a block of elements that stays in the nearest cache.
#pragma once
#include <array>
#include <climits>
#include <optional>

#include "kernels/cpu/pointwise_functions.h"
#include "kernels/cpu/pointwise_operand.h"

namespace tenon {

constexpr int pointwise_block = 1024;  // elements: dispatch costs little beside them, a few registers fit the cache
constexpr int max_pointwise_registers = 16;
constexpr int max_pointwise_inputs = 16;

struct PointwiseProgram {
  static constexpr int none = INT_MIN;
  struct Step {
    PointwiseFunction function = nullptr;  // null: brings `input` into sight
    int input = -1;
    int to = 0;                                 // register; of the last step, where an incomplete group is made
    std::array<int, 3> from{none, none, none};  // registers; ~k stands for constants[k]
  };
  struct alignas(64) Splat {  // a number, as often as a group holds
    std::byte bytes[pointwise_group * 8];
  };
  std::vector<Step> steps;  // the last one makes the result
  std::vector<Splat> constants;
  int registers = 0;
  int64_t register_bytes = 0;
  int calls = 0;          // of functions, for a block
  double element_ns = 0;  // what an element costs one thread, about, beside memory
  ElementType result = ElementType::f32;
};

// `known[i]`: the number that input i is, if it is one. What nobody reads is dropped, what is known is folded.
PointwiseProgram compile_pointwise(const Expression& e, std::span<const std::optional<Scalar>> known);

// Computes the elements first … first+count-1 of the result `out`; `first` is a multiple of pointwise_block.
void run_pointwise(const PointwiseProgram& program, std::span<const PointwiseOperand> inputs, void* out, int64_t first,
                   int64_t count);

}  // namespace tenon
