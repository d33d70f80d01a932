#include "objects/recurrent_layers.h"

#include <algorithm>
#include <cmath>

#include "objects/convert.h"
#include "objects/draft.h"
#include "ops/concat/concat.h"
#include "ops/constant/constant.h"
#include "ops/elementwise/elementwise.h"
#include "ops/range/range.h"
#include "ops/recurrence/recurrence.h"
#include "ops/select/select.h"
#include "ops/shape/shape.h"
#include "ops/slice/slice.h"
#include "ops/softmax/softmax.h"
#include "ops/squeeze/squeeze.h"

namespace tenon::objects {

namespace {

constexpr const char* gate_names[] = {"kINPUT", "kOUTPUT", "kFORGET", "kUPDATE", "kRESET", "kCELL", "kHIDDEN"};

// In the operator's order.
std::vector<RNNGateType> gates_of(RNNOperation operation) {
  using enum RNNGateType;
  if (operation == RNNOperation::lstm) return {input, output, forget, cell};
  if (operation == RNNOperation::gru) return {update, reset, hidden};
  return {input};
}

Extents extents_of_list(std::initializer_list<int64_t> list) {
  Extents extents;
  for (int64_t n : list) extents.push(n);
  return extents;
}

tenon::Value& joined(Draft& draft, const Values& parts, int64_t axis) {
  return parts.size() == 1 ? *parts[0] : draft.add(Concat(axis), parts);
}

// Of axis 1.
tenon::Value& section_of(Draft& draft, tenon::Value& x, int64_t first, int64_t past) {
  Slice op;
  op.with_axes = true;
  return draft.add(op, {&x, &draft.list({first}), &draft.list({past}), &draft.list({1})});
}

}  // namespace

Rnnv2Layer::Rnnv2Layer(Network& n, int32_t layers, int32_t hidden, int32_t length, RNNOperation o)
    : Layer(n, LayerType::rnn_v2, 4), layer_count(layers), hidden_size(hidden), max_length(length), operation(o) {
  check(layers >= 1 && hidden >= 1 && length >= 1, "there are ", layers, " layers of ", hidden, " units over ", length,
        " steps; 1 of each is the least");
}

void Rnnv2Layer::set_operation(RNNOperation o) {
  check((o == RNNOperation::lstm) == (operation == RNNOperation::lstm), ErrorId::unsupported,
        "an LSTM has one result more than other cells: add a layer of the operation that is wanted");
  operation = o;
}

Rnnv2Layer::Place Rnnv2Layer::place(int32_t layer, RNNGateType gate, bool of_x) const {
  check(layer >= 0 && layer / 2 < layer_count, "layer ", layer, " does not exist; there are ", layer_count,
        " in each direction");
  std::vector<RNNGateType> gates = gates_of(operation);
  check(std::find(gates.begin(), gates.end(), gate) != gates.end(), gate_names[int(gate)],
        " is no gate of this operation's cell");
  return {layer, gate, of_x};
}

void Rnnv2Layer::set_weights(int32_t layer, RNNGateType gate, bool of_x, const GivenWeights& w) {
  weights[place(layer, gate, of_x)] = w;
}

void Rnnv2Layer::set_bias(int32_t layer, RNNGateType gate, bool of_x, const GivenWeights& b) {
  biases[place(layer, gate, of_x)] = b;
}

GivenWeights Rnnv2Layer::weights_of(int32_t layer, RNNGateType gate, bool of_x) const {
  auto it = weights.find(place(layer, gate, of_x));
  return it == weights.end() ? GivenWeights() : it->second;
}

GivenWeights Rnnv2Layer::bias_of(int32_t layer, RNNGateType gate, bool of_x) const {
  auto it = biases.find(place(layer, gate, of_x));
  return it == biases.end() ? GivenWeights() : it->second;
}

int32_t Rnnv2Layer::data_length() const {
  Dims dims = inputs[0]->dimensions();
  check(dims.n >= 1, "the input has no axis");
  return int32_t(dims.d[dims.n - 1]);
}

void Rnnv2Layer::set_cell(Tensor& t) {
  check(operation == RNNOperation::lstm, "only an LSTM has cells");
  set_input(2, t);
}

// [1, gates H, columns]
tenon::Value& Rnnv2Layer::matrices(Draft& draft, int32_t layer, bool of_x, int64_t columns) const {
  ElementType e = draft.type(0).element;
  bool skipped = of_x && layer / ways() == 0 && input_mode == RNNInputMode::skip;
  check(!skipped || columns == hidden_size, "kSKIP takes ", columns, " numbers of the input as they are, for ",
        hidden_size, " units");
  Values parts;
  if (skipped) {
    std::vector<float> one(size_t(checked_mul(columns, columns)));
    for (size_t i = 0; i < size_t(columns); ++i) one[i * size_t(columns) + i] = 1;
    tenon::Value& same = draft.cast(
        draft.add(Constant(make_weights(ElementType::f32, extents_of_list({columns, columns}), one)), {}), e);
    parts.assign(gates_of(operation).size(), &same);
  } else {
    for (RNNGateType gate : gates_of(operation)) {
      GivenWeights w = weights_of(layer, gate, of_x);
      std::string what = concat(of_x ? "W" : "R", " of layer ", layer, ", gate ", gate_names[int(gate)], ",");
      check(w.values, what, " is missing");
      parts.push_back(&draft.weights(w, extents_of_list({hidden_size, columns}), e, what.c_str()));
    }
  }
  int64_t rows = hidden_size * int64_t(parts.size());
  return draft.reshape(joined(draft, parts, 0), {1, Dim(rows), Dim(columns)});
}

// [1, 2 gates H]: of what reads x, then of what reads the state.
tenon::Value& Rnnv2Layer::all_biases(Draft& draft, int32_t layer) const {
  ElementType e = draft.type(0).element;
  Extents units = extents_of_list({hidden_size});
  Values parts;
  for (bool of_x : {true, false})
    for (RNNGateType gate : gates_of(operation)) {
      GivenWeights b = bias_of(layer, gate, of_x);
      std::string what = concat("the bias of layer ", layer, ", gate ", gate_names[int(gate)], ",");
      if (b.count > 0) parts.push_back(&draft.weights(b, units, e, what.c_str()));
      else {
        std::vector<float> none(size_t(hidden_size), 0.F);
        parts.push_back(&draft.cast(draft.add(Constant(make_weights(ElementType::f32, units, none)), {}), e));
      }
    }
  int64_t count = hidden_size * int64_t(parts.size());
  return draft.reshape(joined(draft, parts, 0), {1, Dim(count)});
}

// The results of one layer in all its directions, of x [B,T,I] and states that are null or [B,ways,H].
Values Rnnv2Layer::one(Draft& draft, int32_t layer, tenon::Value& x, Values states) const {
  const Dim columns = draft.type(x).shape[2];
  check(columns.known(), ErrorId::unsupported, "the input has ", columns, " numbers a step; that has to be known");
  Recurrence op;
  bool lstm = operation == RNNOperation::lstm, gru = operation == RNNOperation::gru;
  op.kind = lstm ? RecurrenceKind::lstm : gru ? RecurrenceKind::gru : RecurrenceKind::rnn;
  op.direction = ways() == 2 ? RecurrenceDirection::both : RecurrenceDirection::forward;
  op.batch_first = op.bias = true;
  op.linear_before_reset = gru;
  if (operation == RNNOperation::relu) op.functions[1] = op.functions[4] = GateFunction::relu;
  Values w, r, b;
  for (int32_t way = 0; way < ways(); ++way) {
    int32_t index = layer * ways() + way;
    r.push_back(&matrices(draft, index, false, hidden_size));  // first: kSKIP makes a matrix as large as this one
    w.push_back(&matrices(draft, index, true, columns.value()));
    b.push_back(&all_biases(draft, index));
  }
  Values operands{&x, &joined(draft, w, 0), &joined(draft, r, 0), &joined(draft, b, 0)};
  op.lengths = draft.has(3);
  if (op.lengths) operands.push_back(&draft.reshape(draft.in(3), {draft.type(x).shape[0]}));
  op.initial_hidden = states[0];
  op.initial_cell = states[1];
  for (tenon::Value* s : states)
    if (s) operands.push_back(s);
  return draft.node(op.clone(), operands, lstm ? 3 : 2);
}

Values Rnnv2Layer::build(Draft& draft) const {
  const TensorType type = draft.type(0);
  check(type.rank() >= 2, "the input is ", type, ", expected [N…,T,E]");
  const Shape lead(type.shape.begin(), type.shape.end() - 2);
  const Dim steps = type.shape[lead.size()], batch = count(lead), hidden = hidden_size;
  const Dim all = int64_t(layer_count) * ways();
  check(!steps.known() || steps.is(max_length), "the input is ", type, ", which has not the ", max_length,
        " steps of the layer");
  auto with_lead = [&](std::initializer_list<Dim> behind) {
    Shape shape = lead;
    shape.insert(shape.end(), behind);
    return shape;
  };
  Values first(2, nullptr), ends[2];
  for (int i : {1, 2})
    if (draft.has(i)) {
      const Shape found = draft.type(i).shape, expected = with_lead({all, hidden});
      check(may_be_equal(found, expected), i == 1 ? "the first hidden state" : "the first cell", " is ", draft.type(i),
            ", expected ", expected);
      first[size_t(i - 1)] = &draft.reshape(draft.in(i), {batch, all, hidden});
    }
  tenon::Value* x = &draft.reshape(draft.in(0), {batch, steps, type.shape[lead.size() + 1]});
  for (int32_t layer = 0; layer < layer_count; ++layer) {
    Values states = first;
    int64_t from = int64_t(layer) * ways();
    for (tenon::Value*& s : states)
      if (s && layer_count > 1) s = &section_of(draft, *s, from, from + ways());
    Values made = one(draft, layer, *x, states);
    x = &draft.reshape(*made[0], {batch, steps, hidden * ways()});
    for (size_t i = 1; i < made.size(); ++i) ends[i - 1].push_back(made[i]);
  }
  Values results{&draft.reshape(*x, with_lead({steps, hidden * ways()}))};
  for (const Values& list : ends)
    if (!list.empty()) results.push_back(&draft.reshape(joined(draft, list, 1), with_lead({all, hidden})));
  return results;
}

Values RaggedSoftMaxLayer::build(Draft& draft) const {
  const TensorType x = draft.type(0), bounds = draft.type(1);
  Shape expected = x.shape;
  if (!expected.empty()) expected.back() = 1;
  bool column = bounds.rank() >= 1 && bounds.shape.back().is(1);
  check(column && may_be_equal(bounds.shape, expected), "the bounds are ", bounds, ", expected one for each row of ",
        x);
  check(bounds.element == ElementType::i32 || bounds.element == ElementType::i64, ErrorId::unsupported_type,
        "the bounds are ", bounds, ", expected 32-bit or 64-bit integers");
  int64_t last = x.rank() - 1;
  tenon::Value &zero = draft.reshape(draft.list({0}), {}), &one = draft.reshape(draft.list({1}), {});
  tenon::Value& length = draft.reshape(draft.add(ShapeOf(last, last + 1), {&draft.in(0)}), {});
  tenon::Value& places = draft.add(RangeOf(), {&zero, &length, &one});
  tenon::Value& within = draft.add(Elementwise("less"), {&places, &draft.cast(draft.in(1), ElementType::i64)});
  tenon::Value& kept = draft.add(Select(), {&within, &draft.in(0), &draft.scalar(-INFINITY, x.element)});
  tenon::Value& y = draft.add(Softmax(last), {&kept});
  return {&draft.add(Select(), {&within, &y, &draft.scalar(0, x.element)})};
}

}  // namespace tenon::objects
