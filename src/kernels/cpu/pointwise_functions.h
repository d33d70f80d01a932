// What pointwise programs are made of: one function for each instruction and type, over a strip of elements.
#pragma once
#include "base/expression.h"

namespace tenon {

constexpr int pointwise_group = 16;  // strips are whole groups: one vector of the widest set

struct PointwiseStrip {
  void* out;          // may be one of the operands, if its elements are as wide
  const void* in[3];  // a group each where `moves` is 0, the same for the whole strip
  int moves[3];       // 0 or 1
  int count;          // a multiple of pointwise_group
};
using PointwiseFunction = void (*)(const PointwiseStrip&);

// The function of one instruction on operands of type `from`; `to` is the type of the result. Opcode::input copies,
// Opcode::select looks at `to` alone.
template <int N>
PointwiseFunction pointwise_function(Opcode code, ElementType from, ElementType to);
extern template PointwiseFunction pointwise_function<4>(Opcode, ElementType, ElementType);
extern template PointwiseFunction pointwise_function<8>(Opcode, ElementType, ElementType);
extern template PointwiseFunction pointwise_function<16>(Opcode, ElementType, ElementType);

}  // namespace tenon
