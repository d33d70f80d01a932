// Floats of 8 bits and fewer: what their codes mean, and which code a number becomes.
#pragma once
#include "base/element.h"

namespace tenon {

enum class PowerRound : uint8_t { up, down, nearest };  // to a power of two; `nearest` takes ties up

// How a number becomes one of a small float type (ONNX Cast 25). Round to nearest even is not for choice.
struct Narrow {
  bool saturate = true;               // beyond the range: the largest number; else infinity, or where there is none NaN
  PowerRound round = PowerRound::up;  // of f8e8m0 alone
};

// Both for small_float_types alone. A code is the element's byte; the upper bits of f4e2m1's are not read.
double small_float_value(ElementType type, uint8_t code);
// f4e2m1 always saturates, and has -0 for NaN. f8e8m0: NaN for numbers below 0; beyond the range, which 0 is too, its
// largest or least number, or NaN where it does not saturate.
uint8_t small_float_code(ElementType type, double x, Narrow narrow = {});

}  // namespace tenon
