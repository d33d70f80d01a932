// Recurrent layers: a state that goes from step to step along time (ONNX RNN, GRU and LSTM 22; IRNNv2Layer).
#pragma once
#include "ir/op.h"
#include "ops/recurrence/gate_function.h"

namespace tenon {

enum class RecurrenceKind { rnn, gru, lstm };
enum class RecurrenceDirection { forward, reverse, both };

// T steps, a batch of B, I inputs, H hidden units, D directions; gates: of an RNN h, a GRU z r h, an LSTM i o f c.
//   operands  x [T,B,I], w [D,gates H,I], r [D,gates H,H], then those that fields say are there: bias [D,2 gates H]
//             of w and r, lengths [B] of the sequences, initial hidden and cell states [D,B,H], peepholes [D,3 H] i o f
//   results   y [T,D,B,H], 0 behind a sequence's end; the last hidden state [D,B,H]; of an LSTM the last cell likewise
// With a_k = x·w_k + h·r_k + both biases, and h' and c' the next states:
//   RNN   h' = g(a_h)
//   GRU   z = f(a_z), r = f(a_r), h' = (1 - z) n + z h, where n = g(x·w_h + (r h)·r_h + both biases), or, if
//         linear_before_reset, g(x·w_h + its bias + r (h·r_h + its bias))
//   LSTM  i = f(a_i + p_i c), u = f(a_f + p_f c), or 1 - i if input_forget, c' = u c + i g(a_c),
//         o = f(a_o + p_o c'), h' = o h(c')
// What goes into f, g and h is clipped first. A sequence of no steps keeps its initial states.
struct Recurrence final : Op {
  OP_TYPE
  RecurrenceKind kind = RecurrenceKind::lstm;
  RecurrenceDirection direction = RecurrenceDirection::forward;
  bool batch_first = false;  // x [B,T,I], y [B,T,D,H], states [B,D,H]
  bool bias = false, lengths = false, initial_hidden = false, initial_cell = false, peepholes = false;
  GateFunction functions[6] = {GateFunction::sigmoid, GateFunction::tanh, GateFunction::tanh,
                               GateFunction::sigmoid, GateFunction::tanh, GateFunction::tanh};  // f g h, of both ways
  std::vector<double> alpha, beta;  // of f, g and h, of both ways; empty: their standards
  double clip = 0;                  // 0: none
  bool input_forget = false, linear_before_reset = false;

  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;

  int directions() const { return direction == RecurrenceDirection::both ? 2 : 1; }
  int gates() const { return kind == RecurrenceKind::lstm ? 4 : kind == RecurrenceKind::gru ? 3 : 1; }
  bool runs_back(int d) const { return d == 1 || direction == RecurrenceDirection::reverse; }
  Gate gate(int d, int which) const;  // which: 0 to 2 for f, g, h
};

// Where the operands are; -1: not given.
struct RecurrenceOperands {
  int bias = -1, lengths = -1, hidden = -1, cell = -1, peepholes = -1, count = 3;
  explicit RecurrenceOperands(const Recurrence& op);
};

// Extents, and rows of what lies in memory: each of its H (of x: I) numbers.
struct RecurrenceExtents {
  int64_t steps, batch, inputs, hidden, directions, gates;
  bool batch_first;
  RecurrenceExtents(const Recurrence& op, const Extents& x, const Extents& y);
  int64_t x_row(int64_t t, int64_t b) const { return batch_first ? b * steps + t : t * batch + b; }
  int64_t y_row(int64_t t, int64_t d, int64_t b) const {
    return batch_first ? (b * steps + t) * directions + d : (t * directions + d) * batch + b;
  }
  int64_t state_row(int64_t d, int64_t b) const { return batch_first ? b * directions + d : d * batch + b; }
};

// Which parameters a function has, and what they are where none are given.
struct GateStandard {
  bool takes_alpha, takes_beta;
  double alpha = 0, beta = 0;
  bool exists = true;  // else they must be given
};
const GateStandard& standard_of(GateFunction function);

}  // namespace tenon
