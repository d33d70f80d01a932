#include "ops/recurrence/recurrence.h"

#include <cmath>

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(Recurrence, recurrence)

namespace {

constexpr GateStandard standards[] = {
    {false, false},
    {false, false},
    {false, false},
    {true, true, 0, 0, false},
    {true, false, 0.01},
    {true, false, 1},
    {true, true, 0, 0, false},
    {true, true, 0.2, 0.5},
    {true, false, 1},
    {false, false},
    {false, false},
};
constexpr const char* const function_names[] = {
    "relu",        "tanh",         "sigmoid", "affine",   "leaky_relu", "thresholded_relu",
    "scaled_tanh", "hard_sigmoid", "elu",     "softsign", "softplus"};
static_assert(std::size(standards) == std::size(function_names));
constexpr const char* function_fields[] = {"f", "g", "h", "back_f", "back_g", "back_h"};

// Refuses extents that are known and differ.
void check_shape(const Inputs& in, int i, const char* what, const Shape& expected) {
  if (i < 0) return;
  const Shape& found = in[i].shape;
  bool same = found.size() == expected.size();
  for (size_t d = 0; same && d < found.size(); ++d)
    same = !found[d].known() || !expected[d].known() || found[d] == expected[d];
  check(same, what, " is ", in[i], ", expected ", expected);
}

}  // namespace

const GateStandard& standard_of(GateFunction function) { return standards[size_t(function)]; }

RecurrenceOperands::RecurrenceOperands(const Recurrence& op) {
  if (op.bias) bias = count++;
  if (op.lengths) lengths = count++;
  if (op.initial_hidden) hidden = count++;
  if (op.initial_cell) cell = count++;
  if (op.peepholes) peepholes = count++;
}

RecurrenceExtents::RecurrenceExtents(const Recurrence& op, const Extents& x, const Extents& y)
    : steps(x[op.batch_first ? 1 : 0]),
      batch(x[op.batch_first ? 0 : 1]),
      inputs(x[2]),
      hidden(y[3]),
      directions(op.directions()),
      gates(op.gates()),
      batch_first(op.batch_first) {}

void Recurrence::fields(FieldVisitor& v) {
  static const char* const kinds[] = {"rnn", "gru", "lstm"};
  static const char* const ways[] = {"forward", "reverse", "both"};
  v("kind", kind, kinds);
  v("direction", direction, ways, RecurrenceDirection::forward);
  v("batch_first", batch_first, false);
  v("bias", bias, false);
  v("lengths", lengths, false);
  v("initial_hidden", initial_hidden, false);
  v("initial_cell", initial_cell, false);
  v("peepholes", peepholes, false);
  for (int i = 0; i < 6; ++i)
    v(function_fields[i], functions[i], function_names, i % 3 ? GateFunction::tanh : GateFunction::sigmoid);
  v("alpha", alpha, {});
  v("beta", beta, {});
  v("clip", clip, 0.);
  v("input_forget", input_forget, false);
  v("linear_before_reset", linear_before_reset, false);
}

Gate Recurrence::gate(int d, int which) const {
  GateFunction function = functions[(runs_back(d) && directions() == 2 ? 3 : 0) + which];
  const GateStandard& standard = standard_of(function);
  size_t place = size_t(3 * d + which);
  return {function, alpha.empty() ? standard.alpha : alpha.at(place), beta.empty() ? standard.beta : beta.at(place)};
}

Types Recurrence::infer(const Inputs& in) const {
  RecurrenceOperands at(*this);
  bool lstm = kind == RecurrenceKind::lstm;
  in.check_count(at.count, at.count);
  in.check_element(0, float_types, "x");
  for (int i = 1; i < in.size(); ++i)
    if (i != at.lengths) in.check_same_element(0, i);
  if (lengths) in.check_element(at.lengths, index_types, "the lengths");
  check(lstm || (!initial_cell && !peepholes && !input_forget), "only an lstm has cells, peepholes and input_forget");
  check(kind == RecurrenceKind::gru || !linear_before_reset, "only a gru has linear_before_reset");
  check(std::isfinite(clip) && clip >= 0, "clip is ", clip, ", the least is 0: none");
  size_t parameters = size_t(3 * directions());
  for (const auto* list : {&alpha, &beta})
    check(list->empty() || list->size() == parameters, "alpha or beta has ", list->size(), " numbers, expected ",
          parameters, ": of f, g, h in each direction");
  for (int d = 0; d < directions(); ++d)
    for (int which = 0; which < 3; ++which) {
      GateFunction function = gate(d, which).function;
      check(standard_of(function).exists || (!alpha.empty() && !beta.empty()), function_names[size_t(function)],
            " has no standard alpha and beta: give them");
    }
  check(in[0].rank() == 3, "x is ", in[0], ", expected three axes");
  check(in[1].rank() == 3 && in[2].rank() == 3, "w is ", in[1], " and r ", in[2], ", expected three axes each");
  const Shape& x = in[0].shape;
  Dim steps = x[batch_first ? 1 : 0], batch = x[batch_first ? 0 : 1], hidden = in[2].shape[2], ways = directions();
  Shape state = batch_first ? Shape{batch, ways, hidden} : Shape{ways, batch, hidden};
  check_shape(in, 2, "r", {ways, hidden * gates(), hidden});
  check_shape(in, 1, "w", {ways, hidden * gates(), x[2]});
  check_shape(in, at.bias, "the bias", {ways, hidden * (2 * gates())});
  check_shape(in, at.lengths, "the list of lengths", {batch});
  check_shape(in, at.hidden, "the initial hidden state", state);
  check_shape(in, at.cell, "the initial cell state", state);
  check_shape(in, at.peepholes, "the list of peepholes", {ways, hidden * 3});
  Shape y = batch_first ? Shape{batch, steps, ways, hidden} : Shape{steps, ways, batch, hidden};
  Types types{TensorType{in[0].element, y}, TensorType{in[0].element, state}};
  if (lstm) types.push_back(types[1]);
  return types;
}

namespace {

using Numbers = std::vector<double>;

double apply(const Gate& gate, double x) {
  double a = gate.alpha, b = gate.beta;
  switch (gate.function) {
    case GateFunction::relu: return x < 0 ? 0 : x;
    case GateFunction::tanh: return std::tanh(x);
    case GateFunction::sigmoid: return 1 / (1 + std::exp(-x));
    case GateFunction::affine: return a * x + b;
    case GateFunction::leaky_relu: return x < 0 ? a * x : x;
    case GateFunction::thresholded_relu: return x >= a ? x : 0;
    case GateFunction::scaled_tanh: return a * std::tanh(b * x);
    case GateFunction::hard_sigmoid: return x != x ? x : std::min(std::max(a * x + b, 0.), 1.);
    case GateFunction::elu: return x < 0 ? a * std::expm1(x) : x;
    case GateFunction::softsign: return x / (1 + std::fabs(x));
    case GateFunction::softplus: return std::max(x, 0.) + std::log1p(std::exp(-std::fabs(x)));
  }
  fail(ErrorId::internal, "no gate function has number ", int(gate.function));
}

// One direction's weights, and a step of one sequence.
struct Steps {
  const Recurrence& op;
  RecurrenceExtents e;
  const double *w, *r, *bias, *peepholes;  // the last two may be null
  int d;

  double through(int which, double x) const {
    if (op.clip > 0 && x == x) x = std::min(std::max(x, -op.clip), op.clip);
    return apply(op.gate(d, which), x);
  }
  double product(const double* matrix, int64_t row, const double* v, int64_t count) const {
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += matrix[row * count + i] * v[i];
    return sum;
  }
  double of_x(int64_t gate, int64_t j, const double* x) const {
    int64_t row = gate * e.hidden + j;
    return product(w, row, x, e.inputs) + (bias ? bias[row] : 0);
  }
  double of_h(int64_t gate, int64_t j, const Numbers& h) const {
    int64_t row = gate * e.hidden + j;
    return product(r, row, h.data(), e.hidden) + (bias ? bias[e.gates * e.hidden + row] : 0);
  }
  double peephole(int64_t which, int64_t j, double c) const {
    return peepholes ? peepholes[which * e.hidden + j] * c : 0;
  }

  void rnn(const double* x, Numbers& h) const {
    Numbers before = h;
    for (int64_t j = 0; j < e.hidden; ++j) h[size_t(j)] = through(1, of_x(0, j, x) + of_h(0, j, before));
  }
  void gru(const double* x, Numbers& h) const {
    Numbers before = h, reset = h, r_gate = h;
    for (size_t j = 0; j < h.size(); ++j) {
      r_gate[j] = through(0, of_x(1, int64_t(j), x) + of_h(1, int64_t(j), before));
      reset[j] = r_gate[j] * before[j];
    }
    for (size_t j = 0; j < h.size(); ++j) {
      double z = through(0, of_x(0, int64_t(j), x) + of_h(0, int64_t(j), before));
      double state = op.linear_before_reset ? r_gate[j] * of_h(2, int64_t(j), before) : of_h(2, int64_t(j), reset);
      h[j] = (1 - z) * through(1, of_x(2, int64_t(j), x) + state) + z * before[j];
    }
  }
  void lstm(const double* x, Numbers& h, Numbers& c) const {
    Numbers before = h;
    for (size_t k = 0; k < h.size(); ++k) {
      auto j = int64_t(k);
      double i = through(0, of_x(0, j, x) + of_h(0, j, before) + peephole(0, j, c[k]));
      double f = op.input_forget ? 1 - i : through(0, of_x(2, j, x) + of_h(2, j, before) + peephole(2, j, c[k]));
      c[k] = f * c[k] + i * through(1, of_x(3, j, x) + of_h(3, j, before));
      double o = through(0, of_x(1, j, x) + of_h(1, j, before) + peephole(1, j, c[k]));
      h[k] = o * through(2, c[k]);
    }
  }
};

Numbers numbers_in(ConstViews in, int i) {
  Numbers list;
  if (i < 0) return list;
  dispatch(in[size_t(i)].element, [&]<class T>() {
    const T* from = in[size_t(i)].as<T>();
    for (int64_t k = 0, n = in [size_t(i)].count(); k < n; ++k) list.push_back(double(from[k]));
  });
  return list;
}

void put_row(const View& to, int64_t row, const Numbers& from) {
  dispatch(to.element, [&]<class T>() {
    for (size_t k = 0; k < from.size(); ++k) to.as<T>()[row * int64_t(from.size()) + int64_t(k)] = T(from[k]);
  });
}

Numbers row_of(const Numbers& all, int64_t row, int64_t count) {
  if (all.empty()) return Numbers(size_t(count));
  return Numbers(all.begin() + row * count, all.begin() + (row + 1) * count);
}

}  // namespace

void Recurrence::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  RecurrenceOperands at(*this);
  RecurrenceExtents e(*this, in[0].extents, out[0].extents);
  Numbers x = numbers_in(in, 0), w = numbers_in(in, 1), r = numbers_in(in, 2), b = numbers_in(in, at.bias);
  Numbers hidden = numbers_in(in, at.hidden), cell = numbers_in(in, at.cell), p = numbers_in(in, at.peepholes);
  for (int d = 0; d < directions(); ++d)
    for (int64_t row = 0; row < e.batch; ++row) {
      int64_t length = lengths ? integer_at(in[size_t(at.lengths)], row) : e.steps, units = e.gates * e.hidden;
      check(0 <= length && length <= e.steps, "length ", length, " at position ", row, " is out of range for ", e.steps,
            " steps");
      Steps steps{*this,
                  e,
                  w.data() + d * units * e.inputs,
                  r.data() + d * units * e.hidden,
                  b.empty() ? nullptr : b.data() + d * 2 * units,
                  p.empty() ? nullptr : p.data() + d * 3 * e.hidden,
                  d};
      Numbers h = row_of(hidden, e.state_row(d, row), e.hidden), c = row_of(cell, e.state_row(d, row), e.hidden);
      for (int64_t s = 0; s < e.steps; ++s) {
        int64_t t = s < length && runs_back(d) ? length - 1 - s : s;
        const double* at_t = x.data() + e.x_row(t, row) * e.inputs;
        if (s >= length) put_row(out[0], e.y_row(t, d, row), Numbers(size_t(e.hidden)));
        else if (kind == RecurrenceKind::rnn) steps.rnn(at_t, h);
        else if (kind == RecurrenceKind::gru) steps.gru(at_t, h);
        else steps.lstm(at_t, h, c);
        if (s < length) put_row(out[0], e.y_row(t, d, row), h);
      }
      put_row(out[1], e.state_row(d, row), h);
      if (kind == RecurrenceKind::lstm) put_row(out[2], e.state_row(d, row), c);
    }
}

double Recurrence::work(ConstViews in, Views out) const {
  RecurrenceExtents e(*this, in[0].extents, out[0].extents);
  return double(out[0].count()) * double(e.gates) * double(e.inputs + e.hidden);
}

}  // namespace tenon
