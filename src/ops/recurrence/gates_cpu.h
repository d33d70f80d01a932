// From the sums of one row at one step to its next state: gates of recurrent layers, a vector of units at a time.
#pragma once
#include <cstdint>

#include "ops/recurrence/gate_function.h"

namespace tenon {

// Hidden units are in vectors of N lanes, the last one filled up; sums hold the gates of a vector side by side, in
// ONNX's order: [vectors][gates][N], of which the state's part may have fewer gates.
struct GateRow {
  const float* x_sums;      // of all gates, w's bias included
  float* h_sums;            // of the gates that are linear in the state, r's bias included
  const float* reset_sums;  // of a GRU's last gate where the state is reset first
  const float* before;
  float* after;                // the state
  float* y;                    // its units again, for the result
  float* cell;                 // of an LSTM, in place
  float* reset;                // the state after the reset gate: for reset_sums
  int64_t units, first, past;  // of all vectors, those to do
};

struct GateMath {
  Gate f, g, h;
  float clip;  // infinite: none
  bool usual;  // sigmoid, tanh, tanh and no clip
  bool input_forget;
  const float* peepholes;  // [3][vectors * N]; null: none
};

template <int N>
struct GateRows {
  static void rnn(const GateRow& row, const GateMath& math);
  static void lstm(const GateRow& row, const GateMath& math);
  static void gru_linear(const GateRow& row, const GateMath& math);  // linear_before_reset
  static void gru_reset(const GateRow& row, const GateMath& math);   // leaves the update gate in h_sums
  static void gru_state(const GateRow& row, const GateMath& math);
};
extern template struct GateRows<4>;
extern template struct GateRows<8>;
extern template struct GateRows<16>;

}  // namespace tenon
