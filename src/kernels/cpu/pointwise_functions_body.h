// The body that each width instantiates: from an instruction to its function.
#pragma once
#include "kernels/cpu/pointwise_casts.h"
#include "kernels/cpu/pointwise_pairs.h"

namespace tenon {

template <int N>
PointwiseFunction arithmetic_function(Opcode code, ElementType type) {
  switch (type) {
    case ElementType::f32: return float_function<N>(code);
    case ElementType::f64: return double_function<N>(code);
    case ElementType::i64: return integer_function<N, int64_t>(code);
    case ElementType::u64: return integer_function<N, uint64_t>(code);
    case ElementType::boolean: return bool_function<N>(code);
    default: return nullptr;
  }
}

template <int N>
PointwiseFunction pointwise_function(Opcode code, ElementType from, ElementType to) {
  if (code == Opcode::input)
    return dispatch_size(to, []<class T>() { return elements_1<N, T>([](T x) { return x; }); });
  if (code == Opcode::cast)
    return dispatch(
        from, [&]<class From>() { return dispatch(to, []<class To>() { return cast_function<N, From, To>(); }); });
  if (code == Opcode::select) {
    if (to == ElementType::f32) return select_floats<N>();
    return dispatch_size(to, []<class T>() { return select_function<N, T>(); });
  }
  PointwiseFunction function = arithmetic_function<N>(code, from);
  check(function, ErrorId::internal, name_of(code), " is not defined on ", from);
  return function;
}

}  // namespace tenon
