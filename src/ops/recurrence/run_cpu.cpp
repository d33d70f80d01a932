#include "ops/recurrence/run_cpu.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/isa.h"
#include "ops/indices.h"

namespace tenon {

namespace {

template <int N>
constexpr RecurrenceWidth width{N,
                                multiply_panels<N, gate_panel_vectors>,
                                GateRows<N>::rnn,
                                GateRows<N>::lstm,
                                GateRows<N>::gru_linear,
                                GateRows<N>::gru_reset,
                                GateRows<N>::gru_state};

GateMath math_of(const Recurrence& op, int d) {
  GateMath m{op.gate(d, 0), op.gate(d, 1), op.gate(d, 2), INFINITY, false, op.input_forget, nullptr};
  m.usual = op.clip == 0 && m.f.function == GateFunction::sigmoid && m.g.function == GateFunction::tanh &&
            m.h.function == GateFunction::tanh;
  if (op.clip > 0) m.clip = float(op.clip);
  return m;
}

// Part i of `count` things shared out evenly, in units of `step`.
int64_t share(int64_t i, int64_t parts, int64_t count, int64_t step = 1) {
  return std::min(count, (count + step - 1) / step * i / parts * step);
}

}  // namespace

const RecurrenceWidth& recurrence_width() { return *by_isa(&width<4>, &width<8>, &width<16>); }

// Inputs are multiplied for some steps at a time, so that each weight read serves many rows, within bounded memory.
static int64_t steps_at_a_time(const RecurrenceExtents& e) {
  return std::min(e.steps, std::max<int64_t>(8, 96 / std::max<int64_t>(1, e.batch)));
}

RecurrenceRun::RecurrenceRun(const Recurrence& op, const RecurrenceExtents& e, const RecurrenceWidth& width,
                             const RecurrenceMemory& memory, std::byte* scratch)
    : op_(op),
      e_(e),
      width_(width),
      pack_(op, e, width.lanes),
      memory_(memory),
      padded_(pack_.vectors * width.lanes),
      chunk_(steps_at_a_time(e)),
      phases_(pack_.reset.gates ? 2 : 1) {
  auto room = [&]<class T>(T*& to, int64_t count) {
    to = reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(scratch) +
                              uintptr_t(scratch_bytes_));  // null: for its size alone
    scratch_bytes_ = checked_add(scratch_bytes_, align_up(checked_mul(count, int64_t(sizeof(T))), 64));
  };
  int64_t rows = e.directions * e.batch;
  room(x_sums_, checked_mul(rows * chunk_, pack_.input.columns));
  room(h_sums_, rows * pack_.state.columns);
  room(reset_sums_, rows * pack_.reset.columns);
  room(states_, rows * 2 * padded_);
  room(resets_, phases_ > 1 ? rows * padded_ : 0);
  room(cells_, op.kind == RecurrenceKind::lstm ? rows * padded_ : 0);
  room(from_, rows * std::max<int64_t>(1, chunk_));
  room(to_, rows * std::max<int64_t>(1, chunk_));
  room(active_, rows);
  room(lengths_, e.batch);
  room(weights_, 0);
}

void RecurrenceRun::run(const float* weights, bool from_nothing, Workers& workers) {
  packed_ = weights;
  from_nothing_ = from_nothing;
  for (int64_t b = 0; b < e_.batch; ++b) {
    int64_t length = memory_.lengths ? integer_at(*memory_.lengths, b) : e_.steps;
    check(0 <= length && length <= e_.steps, "length ", length, " at position ", b, " is out of range for ", e_.steps,
          " steps");
    lengths_[b] = length;
    longest_ = std::max(longest_, length);
  }
  for (int d = 0; d < int(e_.directions); ++d) {
    math_[d] = math_of(op_, d);
    if (op_.peepholes) math_[d].peepholes = packed_ + d * pack_.size + pack_.peepholes;
  }
  // Sequences need nothing of each other, units need each other's states at every step: threads take the former where
  // there are enough of them. Bits are the same either way.
  constexpr int64_t least_work = 1 << 17;  // multiply-adds of a step: below, threads wait longer than they work
  int64_t ways = e_.directions, threads = workers.threads(), parts = (threads + ways - 1) / ways;
  int64_t work = ways * e_.batch * e_.hidden * pack_.state.columns;
  if (ways * e_.batch < threads && work >= least_work) by_units(workers, parts);
  else by_sequences(workers, std::min(e_.batch, parts));
}

void RecurrenceRun::by_sequences(Workers& workers, int64_t blocks) {
  workers.run(e_.directions * blocks, [&](int64_t task) {
    int64_t i = task % blocks;
    Rows rows{task / blocks, share(i, blocks, e_.batch), share(i + 1, blocks, e_.batch)};
    begin(rows);
    for (int64_t s = 0; s < longest_; ++s) {
      if (s % chunk_ == 0) project(rows, gather_inputs(rows, s, std::min(longest_, s + chunk_)), 0, pack_.input.panels);
      for (int phase = 0; phase < phases_; ++phase)
        advance(rows, gather_states(rows, s, phase), s, phase, 0, pack_.vectors);
    }
    end(rows);
  });
}

void RecurrenceRun::by_units(Workers& workers, int64_t parts) {
  int64_t counts[2] = {};
  auto each_way = [&](auto f) {
    for (int64_t d = 0; d < e_.directions; ++d) f(Rows{d, 0, e_.batch});
  };
  each_way([&](const Rows& rows) { begin(rows); });
  int64_t step =
      pack_.state.gates == gate_panel_vectors ? 1 : gate_panel_vectors;  // of vectors, so that panels stay whole
  for (int64_t s = 0; s < longest_; ++s) {
    if (s % chunk_ == 0) {
      each_way([&](const Rows& r) { counts[r.d] = gather_inputs(r, s, std::min(longest_, s + chunk_)); });
      workers.run(e_.directions * parts, [&](int64_t task) {
        int64_t d = task / parts, i = task % parts, panels = pack_.input.panels;
        project({d, 0, e_.batch}, counts[d], share(i, parts, panels), share(i + 1, parts, panels));
      });
    }
    for (int phase = 0; phase < phases_; ++phase) {
      each_way([&](const Rows& rows) { counts[rows.d] = gather_states(rows, s, phase); });
      workers.run(e_.directions * parts, [&](int64_t task) {
        int64_t d = task / parts, i = task % parts;
        advance({d, 0, e_.batch}, counts[d], s, phase, share(i, parts, pack_.vectors, step),
                share(i + 1, parts, pack_.vectors, step));
      });
    }
  }
  each_way([&](const Rows& rows) { end(rows); });
}

void RecurrenceRun::begin(const Rows& rows) {
  auto bytes = size_t(e_.hidden) * sizeof(float);
  auto start = [&](float* to, const float* from, int64_t b) {
    std::memset(to, 0, size_t(padded_) * sizeof(float));
    if (from && bytes) std::memcpy(to, from + e_.state_row(rows.d, b) * e_.hidden, bytes);
  };
  for (int64_t b = rows.first; b < rows.past; ++b) {
    start(state(rows.d, b, 0), memory_.initial_hidden, b);
    if (op_.kind == RecurrenceKind::lstm) start(cells_ + row(rows.d, b) * padded_, memory_.initial_cell, b);
    for (int64_t t = lengths_[b]; t < e_.steps; ++t)
      std::memset(memory_.y + e_.y_row(t, rows.d, b) * e_.hidden, 0, bytes);
  }
}

int64_t RecurrenceRun::gather_inputs(const Rows& rows, int64_t first_step, int64_t past_step) {
  int64_t place = row(rows.d, rows.first) * chunk_, count = 0;
  for (int64_t b = rows.first; b < rows.past; ++b)
    for (int64_t s = first_step; s < std::min(past_step, lengths_[b]); ++s, ++count) {
      from_[place + count] = memory_.x + e_.x_row(time_of(rows.d, b, s), b) * e_.inputs;
      to_[place + count] = x_sums_ + (row(rows.d, b) * chunk_ + s - first_step) * pack_.input.columns;
    }
  return count;
}

void RecurrenceRun::project(const Rows& rows, int64_t count, int64_t first_panel, int64_t past_panel) {
  int64_t place = row(rows.d, rows.first) * chunk_;
  const float* weights = packed_ + rows.d * pack_.size;
  width_.multiply({from_ + place, to_ + place, count, e_.inputs, weights + pack_.input.matrix,
                   weights + pack_.input.start, first_panel, past_panel, past_panel * gate_panel_vectors});
}

int64_t RecurrenceRun::gather_states(const Rows& rows, int64_t step, int phase) {
  int64_t place = row(rows.d, rows.first), count = 0;
  for (int64_t b = rows.first; b < rows.past; ++b) {
    if (step >= lengths_[b]) continue;
    int64_t r = row(rows.d, b);
    from_[place * chunk_ + count] = phase ? resets_ + r * padded_ : state(rows.d, b, step);
    to_[place * chunk_ + count] = phase ? reset_sums_ + r * pack_.reset.columns : h_sums_ + r * pack_.state.columns;
    active_[place + count++] = b;
  }
  return count;
}

void RecurrenceRun::advance(const Rows& rows, int64_t count, int64_t step, int phase, int64_t first_vector,
                            int64_t past_vector) {
  int64_t place = row(rows.d, rows.first), d = rows.d;
  const RecurrencePack::Part& part = phase ? pack_.reset : pack_.state;
  const float* weights = packed_ + d * pack_.size;
  if (first_vector == past_vector) return;
  int64_t first_panel = first_vector * part.gates / gate_panel_vectors;
  int64_t past_panel = (past_vector * part.gates + gate_panel_vectors - 1) / gate_panel_vectors;
  PanelProduct product{from_ + place * chunk_,         to_ + place * chunk_, count,       e_.hidden,
                       weights + part.matrix,          weights + part.start, first_panel, past_panel,
                       past_panel * gate_panel_vectors};
  if (step == 0 && phase == 0 && from_nothing_) product.inner = 0;
  width_.multiply(product);
  auto gates = op_.kind == RecurrenceKind::lstm  ? width_.lstm
               : op_.kind == RecurrenceKind::rnn ? width_.rnn
               : op_.linear_before_reset         ? width_.gru_linear
               : phase                           ? width_.gru_state
                                                 : width_.gru_reset;
  for (int64_t i = 0; i < count; ++i) {
    int64_t b = active_[place + i], r = row(d, b);
    GateRow g{};
    g.x_sums = x_sums_ + (r * chunk_ + step % chunk_) * pack_.input.columns;
    g.h_sums = h_sums_ + r * pack_.state.columns;
    g.reset_sums = reset_sums_ + r * pack_.reset.columns;
    g.before = state(d, b, step);
    g.after = state(d, b, step + 1);
    g.y = memory_.y + e_.y_row(time_of(d, b, step), d, b) * e_.hidden;
    g.cell = cells_ + r * padded_;
    g.reset = resets_ + r * padded_;
    g.units = e_.hidden, g.first = first_vector, g.past = past_vector;
    gates(g, math_[d]);
  }
}

void RecurrenceRun::end(const Rows& rows) {
  auto bytes = size_t(e_.hidden) * sizeof(float);
  for (int64_t b = rows.first; bytes && b < rows.past; ++b) {
    int64_t to = e_.state_row(rows.d, b) * e_.hidden;
    std::memcpy(memory_.hidden + to, state(rows.d, b, lengths_[b]), bytes);
    if (memory_.cell) std::memcpy(memory_.cell + to, cells_ + row(rows.d, b) * padded_, bytes);
  }
}

}  // namespace tenon
