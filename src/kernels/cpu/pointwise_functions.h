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

// Several instructions on f32 in one pass. A pair is second(first(a, b), c), or second(c, first(a, b)) if `swapped`;
// null where there is none. The sigmoid is 1 / (1 + exp(-x)).
template <int N>
PointwiseFunction pointwise_pair(Opcode first, Opcode second, bool swapped);
template <int N>
PointwiseFunction pointwise_sigmoid();

extern template PointwiseFunction pointwise_function<4>(Opcode, ElementType, ElementType);
extern template PointwiseFunction pointwise_pair<4>(Opcode, Opcode, bool);
extern template PointwiseFunction pointwise_sigmoid<4>();
extern template PointwiseFunction pointwise_function<8>(Opcode, ElementType, ElementType);
extern template PointwiseFunction pointwise_pair<8>(Opcode, Opcode, bool);
extern template PointwiseFunction pointwise_sigmoid<8>();
extern template PointwiseFunction pointwise_function<16>(Opcode, ElementType, ElementType);
extern template PointwiseFunction pointwise_pair<16>(Opcode, Opcode, bool);
extern template PointwiseFunction pointwise_sigmoid<16>();

}  // namespace tenon
