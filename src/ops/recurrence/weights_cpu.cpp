#include "ops/recurrence/weights_cpu.h"

#include <algorithm>

namespace tenon {

RecurrencePack::RecurrencePack(const Recurrence& op, const RecurrenceExtents& e, int64_t n)
    : lanes(n), vectors((e.hidden + n - 1) / n) {
  bool resets_first = op.kind == RecurrenceKind::gru && !op.linear_before_reset;
  input = part(e.gates, e.inputs);
  state = part(resets_first ? 2 : e.gates, e.hidden);
  if (resets_first) reset = part(1, e.hidden);
  peepholes = size;
  if (op.peepholes) size += align_up(3 * vectors * lanes, 16);
}

RecurrencePack::Part RecurrencePack::part(int64_t gates, int64_t inner) {
  Part p;
  p.gates = gates;
  p.inner = inner;
  p.panels = (vectors * gates + gate_panel_vectors - 1) / gate_panel_vectors;
  p.columns = p.panels * gate_panel_vectors * lanes;
  p.matrix = size;
  p.start = p.matrix + checked_mul(p.columns, inner);
  size = p.start + p.columns;
  return p;
}

void RecurrencePack::pack_part(const Part& p, const RecurrenceExtents& e, int64_t first_gate, const float* matrix,
                               const float* bias, float* to) const {
  int64_t width = gate_panel_vectors * lanes;
  for (int64_t column = 0; column < p.columns; ++column) {
    int64_t vector = column / lanes, unit = vector / p.gates * lanes + column % lanes;
    int64_t row = (first_gate + vector % p.gates) * e.hidden + unit;
    bool exists = unit < e.hidden && vector < vectors * p.gates;
    float* target = to + p.matrix + column / width * width * p.inner + column % width;
    for (int64_t k = 0; k < p.inner; ++k) target[k * width] = exists ? matrix[row * p.inner + k] : 0.f;
    to[p.start + column] = exists && bias ? bias[row] : 0.f;
  }
}

void RecurrencePack::pack(const RecurrenceExtents& e, const RecurrenceSource& from, float* to) const {
  int64_t units = e.gates * e.hidden, step = vectors * lanes;
  for (int64_t d = 0; d < e.directions; ++d, to += size) {
    const float* bias = from.bias ? from.bias + d * 2 * units : nullptr;
    const float *r = from.r + d * units * e.hidden, *r_bias = bias ? bias + units : nullptr;
    pack_part(input, e, 0, from.w + d * units * e.inputs, bias, to);
    pack_part(state, e, 0, r, r_bias, to);
    if (reset.gates) pack_part(reset, e, 2, r, r_bias, to);
    for (int64_t i = 0; from.peepholes && i < 3 * step; ++i)
      to[peepholes + i] = i % step < e.hidden ? from.peepholes[d * 3 * e.hidden + i / step * e.hidden + i % step] : 0.f;
  }
}

}  // namespace tenon
