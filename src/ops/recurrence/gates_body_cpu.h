// The body that each width instantiates.
#pragma once
#include "kernels/cpu/vector_math.h"
#include "ops/recurrence/gates_cpu.h"

namespace tenon {

namespace gates {

template <int N>
inline Floats<N> sigmoid(Floats<N> x) {
  return 1.f / (1.f + exp<N>(-x));
}

template <int N>
Floats<N> apply(const Gate& gate, Floats<N> x) {
  using F = Floats<N>;
  auto a = float(gate.alpha), b = float(gate.beta);
  switch (gate.function) {
    case GateFunction::relu: return x < 0.f ? F{} : x;
    case GateFunction::tanh: return tanh_near<N>(x);
    case GateFunction::sigmoid: return sigmoid<N>(x);
    case GateFunction::affine: return a * x + b;
    case GateFunction::leaky_relu: return x < 0.f ? a * x : x;
    case GateFunction::thresholded_relu: return x >= a ? x : F{};
    case GateFunction::scaled_tanh: return a * tanh_near<N>(b * x);
    case GateFunction::hard_sigmoid: return clamp<N>(a * x + b, 0, 1);
    case GateFunction::elu: return x < 0.f ? a * (exp_near<N>(x) - 1.f) : x;
    case GateFunction::softsign: return x / (1.f + abs<N>(x));
    default: return max<N>(x, F{}) + log_near<N>(1.f + exp_near<N>(-abs<N>(x)));  // softplus
  }
}

// f, g and h of clipped values.
template <int N, bool usual>
struct Math {
  const GateMath& m;
  using F = Floats<N>;
  F f(F x) const { return usual ? sigmoid<N>(x) : apply<N>(m.f, clamp<N>(x, -m.clip, m.clip)); }
  F g(F x) const { return usual ? tanh_near<N>(x) : apply<N>(m.g, clamp<N>(x, -m.clip, m.clip)); }
  F h(F x) const { return usual ? tanh_near<N>(x) : apply<N>(m.h, clamp<N>(x, -m.clip, m.clip)); }
};

template <int N>
inline void put_state(const GateRow& row, int64_t v, Floats<N> h) {
  store<N>(row.after + v * N, h);
  if (int64_t rest = row.units - v * N; rest >= N) store<N>(row.y + v * N, h);
  else store_part<N>(row.y + v * N, rest, h);
}

template <int N, class F>
inline void each_vector(const GateRow& row, const GateMath& math, F f) {
  for (int64_t v = row.first; v < row.past; ++v)
    if (math.usual) f(Math<N, true>{math}, v);
    else f(Math<N, false>{math}, v);
}

}  // namespace gates

template <int N>
void GateRows<N>::rnn(const GateRow& row, const GateMath& math) {
  gates::each_vector<N>(row, math, [&](auto m, int64_t v) {
    gates::put_state<N>(row, v, m.g(load<N>(row.x_sums + v * N) + load<N>(row.h_sums + v * N)));
  });
}

template <int N>
void GateRows<N>::lstm(const GateRow& row, const GateMath& math) {
  using F = Floats<N>;
  gates::each_vector<N>(row, math, [&](auto m, int64_t v) {
    const float *x = row.x_sums + v * 4 * N, *s = row.h_sums + v * 4 * N;
    F i = load<N>(x) + load<N>(s), o = load<N>(x + N) + load<N>(s + N);
    F f = load<N>(x + 2 * N) + load<N>(s + 2 * N), g = load<N>(x + 3 * N) + load<N>(s + 3 * N);
    F c = load<N>(row.cell + v * N);
    const float* p = math.peepholes;
    int64_t step = (row.units + N - 1) / N * N;
    if (p) i = fma<N>(load<N>(p + v * N), c, i), f = fma<N>(load<N>(p + 2 * step + v * N), c, f);
    i = m.f(i);
    f = math.input_forget ? 1.f - i : m.f(f);
    c = fma<N>(f, c, i * m.g(g));
    if (p) o = fma<N>(load<N>(p + step + v * N), c, o);
    store<N>(row.cell + v * N, c);
    gates::put_state<N>(row, v, m.f(o) * m.h(c));
  });
}

template <int N>
void GateRows<N>::gru_linear(const GateRow& row, const GateMath& math) {
  using F = Floats<N>;
  gates::each_vector<N>(row, math, [&](auto m, int64_t v) {
    const float *x = row.x_sums + v * 3 * N, *s = row.h_sums + v * 3 * N;
    F z = m.f(load<N>(x) + load<N>(s)), r = m.f(load<N>(x + N) + load<N>(s + N));
    F n = m.g(fma<N>(r, load<N>(s + 2 * N), load<N>(x + 2 * N)));
    gates::put_state<N>(row, v, fma<N>(z, load<N>(row.before + v * N), (1.f - z) * n));
  });
}

template <int N>
void GateRows<N>::gru_reset(const GateRow& row, const GateMath& math) {
  using F = Floats<N>;
  gates::each_vector<N>(row, math, [&](auto m, int64_t v) {
    const float* x = row.x_sums + v * 3 * N;
    float* s = row.h_sums + v * 2 * N;
    F r = m.f(load<N>(x + N) + load<N>(s + N));
    store<N>(row.reset + v * N, r * load<N>(row.before + v * N));
    store<N>(s, m.f(load<N>(x) + load<N>(s)));
  });
}

template <int N>
void GateRows<N>::gru_state(const GateRow& row, const GateMath& math) {
  using F = Floats<N>;
  gates::each_vector<N>(row, math, [&](auto m, int64_t v) {
    F z = load<N>(row.h_sums + v * 2 * N);
    F n = m.g(load<N>(row.x_sums + v * 3 * N + 2 * N) + load<N>(row.reset_sums + v * N));
    gates::put_state<N>(row, v, fma<N>(z, load<N>(row.before + v * N), (1.f - z) * n));
  });
}

}  // namespace tenon
