// One run of a recurrent layer: the parts that threads share out, by sequences or by hidden units.
#pragma once
#include "ops/recurrence/gates_cpu.h"
#include "ops/recurrence/weights_cpu.h"
#include "select/kernel.h"

namespace tenon {

// The kernels of one vector width.
struct RecurrenceWidth {
  int64_t lanes;
  void (*multiply)(const PanelProduct&);
  using Gates = void (*)(const GateRow&, const GateMath&);
  Gates rnn, lstm, gru_linear, gru_reset, gru_state;
};
const RecurrenceWidth& recurrence_width();  // of this machine

struct RecurrenceMemory {  // null: not given
  const float *x, *initial_hidden, *initial_cell;
  const ConstView* lengths;
  float *y, *hidden, *cell;
};

// What holds for rows holds for each direction d alone; a row is a sequence of the batch.
class RecurrenceRun {
 public:
  RecurrenceRun(const Recurrence& op, const RecurrenceExtents& e, const RecurrenceWidth& width,
                const RecurrenceMemory& memory, std::byte* scratch);
  int64_t scratch_bytes() const { return scratch_bytes_; }
  float* room_for_weights() { return weights_; }  // in scratch, if `weights` is null
  // `from_nothing`: states start at 0 and r is finite, so that the first step has no product of theirs.
  void run(const float* weights, bool from_nothing, Workers& workers);
  const RecurrencePack& pack() const { return pack_; }

 private:
  struct Rows {
    int64_t d, first, past;
  };
  void by_sequences(Workers& workers, int64_t blocks);
  void by_units(Workers& workers, int64_t parts);
  void begin(const Rows& rows);
  int64_t gather_inputs(const Rows& rows, int64_t first_step, int64_t past_step);
  void project(const Rows& rows, int64_t count, int64_t first_panel, int64_t past_panel);
  int64_t gather_states(const Rows& rows, int64_t step, int phase);
  void advance(const Rows& rows, int64_t count, int64_t step, int phase, int64_t first_vector, int64_t past_vector);
  void end(const Rows& rows);

  int64_t row(int64_t d, int64_t b) const { return d * e_.batch + b; }
  float* state(int64_t d, int64_t b, int64_t step) const { return states_ + (row(d, b) * 2 + step % 2) * padded_; }
  int64_t time_of(int64_t d, int64_t b, int64_t step) const {
    return op_.runs_back(int(d)) ? lengths_[b] - 1 - step : step;
  }

  const Recurrence& op_;
  RecurrenceExtents e_;
  const RecurrenceWidth& width_;
  RecurrencePack pack_;
  RecurrenceMemory memory_;
  int64_t padded_, chunk_, phases_, longest_ = 0, scratch_bytes_ = 0;
  const float* packed_ = nullptr;
  bool from_nothing_ = false;
  GateMath math_[2];
  float *weights_, *x_sums_, *h_sums_, *reset_sums_, *states_, *resets_, *cells_;  // scratch, by row
  const float** from_;                                                             // chunk_ places for each row
  float** to_;
  int64_t *active_, *lengths_;  // rows that are not at their end; lengths by sequence alone
};

}  // namespace tenon
