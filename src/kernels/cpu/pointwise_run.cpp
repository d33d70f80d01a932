// Running: for each block, one call a step.
#include <cstring>

#include "kernels/cpu/pointwise_program.h"

namespace tenon {

void run_pointwise(const PointwiseProgram& program, std::span<const PointwiseOperand> inputs, void* out, int64_t first,
                   int64_t count) {
  alignas(64) std::byte memory[max_pointwise_registers * (pointwise_block * 8 + 128)];
  PointwiseOperand::Sight sights[max_pointwise_registers];
  int64_t element_bytes = size_bytes(program.result);
  for (int64_t end = first + count; first < end; first += pointwise_block) {
    int length = int(std::min<int64_t>(pointwise_block, end - first));
    int whole = (length + pointwise_group - 1) / pointwise_group * pointwise_group;
    std::byte* result = static_cast<std::byte*>(out) + first * element_bytes;
    for (const PointwiseProgram::Step& step : program.steps) {
      std::byte* buffer = memory + step.to * program.register_bytes;
      if (!step.function) {
        sights[step.to] = inputs[size_t(step.input)].look(first, length, buffer);
        continue;
      }
      bool last = &step == &program.steps.back();
      PointwiseStrip strip{last && length == whole ? result : buffer, {}, {}, whole};
      int moves = last;
      for (size_t k = 0; k < 3 && step.from[k] != PointwiseProgram::none; ++k) {
        PointwiseOperand::Sight from = step.from[k] < 0
                                           ? PointwiseOperand::Sight{program.constants[size_t(~step.from[k])].bytes, 0}
                                           : sights[step.from[k]];
        strip.in[k] = from.data;
        moves |= strip.moves[k] = from.moves;
      }
      if (!moves) strip.count = pointwise_group;
      step.function(strip);
      sights[step.to] = {buffer, moves};
      if (last && length != whole) std::memcpy(result, buffer, size_t(length * element_bytes));
    }
  }
}

}  // namespace tenon
