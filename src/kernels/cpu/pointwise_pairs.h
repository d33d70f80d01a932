// Several instructions on f32 in one pass: what lies between them stays in registers, the bits are those they have
// apart.
#pragma once
#include "kernels/cpu/pointwise_floats.h"

namespace tenon {

template <int N, class F>
PointwiseFunction floats_3(F) {
  return [](const PointwiseStrip& s) {
    Reader<N, float> a(s, 0), b(s, 1), c(s, 2);
    float* y = static_cast<float*>(s.out);
#pragma GCC unroll 2
    for (float* end = y + s.count; y != end; y += N)
      store<N>(y, F()(load<N>(a.next()), load<N>(b.next()), load<N>(c.next())));
  };
}

template <int N, class First>
PointwiseFunction pair_behind(First, Opcode second, bool swapped) {
  using F = Floats<N>;
  switch (second) {
    case Opcode::add: return floats_3<N>([](F a, F b, F c) { return First()(a, b) + c; });
    case Opcode::mul: return floats_3<N>([](F a, F b, F c) { return First()(a, b) * c; });
    case Opcode::sub:
      if (swapped) return floats_3<N>([](F a, F b, F c) { return c - First()(a, b); });
      return floats_3<N>([](F a, F b, F c) { return First()(a, b) - c; });
    case Opcode::div:
      if (swapped) return floats_3<N>([](F a, F b, F c) { return c / First()(a, b); });
      return floats_3<N>([](F a, F b, F c) { return First()(a, b) / c; });
    case Opcode::max:
      if (swapped) return floats_3<N>([](F a, F b, F c) { return max<N>(c, First()(a, b)); });
      return floats_3<N>([](F a, F b, F c) { return max<N>(First()(a, b), c); });
    case Opcode::min:
      if (swapped) return floats_3<N>([](F a, F b, F c) { return min<N>(c, First()(a, b)); });
      return floats_3<N>([](F a, F b, F c) { return min<N>(First()(a, b), c); });
    default: return nullptr;
  }
}

template <int N>
PointwiseFunction pointwise_pair(Opcode first, Opcode second, bool swapped) {
  using F = Floats<N>;
  switch (first) {
    case Opcode::add: return pair_behind<N>([](F x, F y) { return x + y; }, second, swapped);
    case Opcode::sub: return pair_behind<N>([](F x, F y) { return x - y; }, second, swapped);
    case Opcode::mul: return pair_behind<N>([](F x, F y) { return x * y; }, second, swapped);
    case Opcode::max: return pair_behind<N>([](F x, F y) { return max<N>(x, y); }, second, swapped);
    case Opcode::min: return pair_behind<N>([](F x, F y) { return min<N>(x, y); }, second, swapped);
    default: return nullptr;
  }
}

template <int N>
PointwiseFunction pointwise_sigmoid() {
  return floats_1<N>([](Floats<N> x) { return 1.f / (1.f + exp_near<N>(-x)); });
}

}  // namespace tenon
