// Windows that slide over spatial axes, as conv and pool do: how far they are apart, what is padded, what comes out.
#pragma once
#include "ir/op.h"

namespace tenon {

// Where pads come from. `same` keeps ceil(input / stride) outputs, the odd pad at the end (upper) or the beginning.
enum class AutoPad { explicit_pads, same_upper, same_lower, valid };

// One axis with all its numbers known: output o meets input o * stride - pad_begin + k * dilation in tap k.
struct Slide {
  int64_t input = 1, output = 1, extent = 1, stride = 1, dilation = 1, pad_begin = 0, pad_end = 0;

  struct Steps {
    int64_t first, past;
    int64_t count() const { return past - first; }
  };
  int64_t source(int64_t o, int64_t k) const { return o * stride - pad_begin + k * dilation; }
  Steps outputs_of(int64_t k) const;                            // those whose tap k lies in the input
  Steps taps_of(int64_t o) const { return taps(o, 0, input); }  // those of output o that lie in the input
  Steps padded_taps_of(int64_t o) const { return taps(o, -pad_begin, input + pad_end); }

 private:
  Steps taps(int64_t o, int64_t low, int64_t high) const;
};

struct Window {
  std::vector<int64_t> strides, dilations, pads_begin, pads_end;  // one number an axis; empty: all 1, 1, 0, 0
  AutoPad auto_pad = AutoPad::explicit_pads;                      // any other takes precedence over the pads
  bool ceil = false;  // a last, partial window counts, unless it starts in the padding at the end (ONNX opset 19)
  bool ceil_in_pads = false;  // with ceil: even if it starts there (nvinfer1 PaddingMode::kEXPLICIT_ROUND_UP)

  struct Axis {
    Dim output, pad_begin, pad_end;
  };
  Axis along(int axis, const Dim& input, const Dim& extent) const;
  Slide slide(int axis, int64_t input, int64_t extent) const;
  void check_axes(int axes) const;  // the numbers above, for so many spatial axes

 protected:
  void window_fields(FieldVisitor& v);
};

}  // namespace tenon
