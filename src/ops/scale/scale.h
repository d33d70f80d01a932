// y = (x * scale + shift) ^ power, of weights for the tensor, for each channel, or for each element (IScaleLayer).
#pragma once
#include "ir/op.h"

namespace tenon {

enum class ScaleMode { uniform, channel, elementwise };

// Each of the weights may be none (1, 0, 1); their shapes do not matter, their counts do: 1, the extent of
// `channel_axis`, or the elements of x from that axis on. They may be of any float type.
struct Scale final : Op {
  OP_TYPE
  ScaleMode mode = ScaleMode::uniform;
  int64_t channel_axis = 1;
  Weights scale, shift, power;
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  std::optional<Term> pointwise(Terms in) const override;  // of the uniform mode
};

}  // namespace tenon
