#include "objects/math_layers.h"

#include <algorithm>

#include "objects/convert.h"
#include "objects/draft.h"
#include "objects/network.h"
#include "ops/cumulate/cumulate.h"
#include "ops/einsum/einsum.h"
#include "ops/elementwise/elementwise.h"
#include "ops/matmul/matmul.h"
#include "ops/normalize/normalize.h"
#include "ops/reduce/reduce.h"
#include "ops/scale/scale.h"
#include "ops/select/select.h"
#include "ops/softmax/softmax.h"
#include "ops/squeeze/squeeze.h"
#include "ops/topk/topk.h"
#include "ops/unary/unary.h"
#include "ops/unsqueeze/unsqueeze.h"

namespace tenon::objects {

namespace {

// Operators of the families, in the order of the enumerations.
constexpr const char* activations[] = {"relu",        "sigmoid",          "tanh",     "leaky_relu", "elu",
                                       "selu",        "softsign",         "softplus", "clip",       "hard_sigmoid",
                                       "scaled_tanh", "thresholded_relu", "gelu_erf", "gelu_tanh"};
constexpr const char* unaries[] = {"exp",   "log",  "sqrt", "recip", "abs",   "neg",    "sin",   "cos",   "tan",
                                   "sinh",  "cosh", "asin", "acos",  "atan",  "asinh",  "acosh", "atanh", "ceil",
                                   "floor", "erf",  "not",  "sign",  "round", "is_inf", "is_nan"};
constexpr const char* elementwises[] = {"add",       "mul", "max", "min", "sub",   "div",     "pow",
                                        "floor_div", "and", "or",  "xor", "equal", "greater", "less"};
constexpr ReduceKind reductions[] = {ReduceKind::sum, ReduceKind::prod, ReduceKind::max, ReduceKind::min,
                                     ReduceKind::mean};
static_assert(int(ActivationType::gelu_tanh) + 1 == std::size(activations));
static_assert(int(UnaryOperation::isnan) + 1 == std::size(unaries));
static_assert(int(ElementWiseOperation::less) + 1 == std::size(elementwises));
static_assert(int(ReduceOperation::avg) + 1 == std::size(reductions));

// The enumerator of an operator's name, or false.
template <class Enum, size_t N>
bool find(const char* const (&names)[N], const tenon::Node& node, Enum& found) {
  auto it = std::find(names, names + N, std::string_view(node.info().name));
  found = Enum(it - names);
  return it != names + N;
}

constexpr uint32_t no_mask = 0;

}  // namespace

ActivationLayer::ActivationLayer(Network& n, ActivationType f) : Layer(n, LayerType::activation), function(f) {
  Unary standard(activations[int(f)]);
  alpha = float(standard.alpha), beta = float(standard.beta);
}

Values ActivationLayer::build(Draft& draft) const {
  return {&draft.add(Unary(activations[int(function)], alpha, beta), {&draft.in(0)})};
}

bool ActivationLayer::read(const tenon::Node& node) {
  const Unary* op = as<Unary>(node);
  if (!op || !find(activations, node, function)) return false;
  alpha = float(op->alpha), beta = float(op->beta);
  return true;
}

Values UnaryLayer::build(Draft& draft) const { return {&draft.add(Unary(unaries[int(operation)]), {&draft.in(0)})}; }

bool UnaryLayer::read(const tenon::Node& node) { return find(unaries, node, operation); }

Values ElementWiseLayer::build(Draft& draft) const {
  return {&draft.add(Elementwise(elementwises[int(operation)]), draft.same_integers({&draft.in(0), &draft.in(1)}))};
}

bool ElementWiseLayer::read(const tenon::Node& node) { return find(elementwises, node, operation); }

Values ParametricReluLayer::build(Draft& draft) const {
  return {&draft.add(Elementwise("prelu"), {&draft.in(0), &draft.in(1)})};
}

Values SelectLayer::build(Draft& draft) const {
  Values sides = draft.same_integers({&draft.in(1), &draft.in(2)});
  return {&draft.add(Select(), {&draft.in(0), sides[0], sides[1]})};
}

ScaleLayer::ScaleLayer(Network& n, ScaleMode m, const GivenWeights& s, const GivenWeights& f, const GivenWeights& p,
                       int32_t axis)
    : Layer(n, LayerType::scale),
      mode(m),
      shift(s),
      scale(f),
      power(p),
      channel_axis(axis >= 0          ? axis
                   : n.implicit_batch ? 0
                                      : 1) {
  for (const GivenWeights* w : {&shift, &scale, &power}) {
    check(w->values || w->count == 0, "weights announce ", w->count, " numbers, and their pointer is null");
    check(mode != ScaleMode::uniform || w->count <= 1, "weights of ", w->count,
          " numbers where one for all, or none, is expected");
  }
}

Values ScaleLayer::build(Draft& draft) const {
  Scale op;
  op.mode = tenon::ScaleMode(int(mode));
  op.channel_axis = channel_axis + draft.batch();
  auto borrowed = [](const GivenWeights& w, const char* what) {
    Extents extents;
    extents.push(w.count);
    return w.count ? borrow(w, extents, what) : nullptr;
  };
  op.scale = borrowed(scale, "the scale");
  op.shift = borrowed(shift, "the shift");
  op.power = borrowed(power, "the power");
  return {&draft.add(op, {&draft.in(0)})};
}

bool ScaleLayer::read(const tenon::Node& node) {
  const Scale* op = as<Scale>(node);
  if (!op) return false;
  mode = ScaleMode(int(op->mode));
  channel_axis = int32_t(op->channel_axis);
  scale = lend(op->scale), shift = lend(op->shift), power = lend(op->power);
  return true;
}

uint32_t SoftMaxLayer::axes() const {
  if (mask != no_mask) return mask;
  Dims dims = inputs[0]->dimensions();
  return 1U << std::max(dims.n - 3, 0);
}

Values SoftMaxLayer::build(Draft& draft) const {
  int batch = draft.batch(), rank = draft.rank(0);
  int64_t axis = mask == no_mask ? batch + std::max(rank - batch - 3, 0) : one_axis_of(mask << batch, rank);
  return {&draft.add(Softmax(axis), {&draft.in(0)})};
}

bool SoftMaxLayer::read(const tenon::Node& node) {
  const Softmax* op = as<Softmax>(node);
  if (!op || op->log) return false;
  mask = mask_of({op->axis}, node.input(0).type().rank());
  return true;
}

Values ReduceLayer::build(Draft& draft) const {
  check(operation != ReduceOperation::none, ErrorId::unsupported, "a reduction by kNONE");
  Reduce op(reductions[int(operation)], axes_of_mask(axes << draft.batch(), draft.rank(0)), keep_dimensions);
  return {&draft.add(op, {&draft.in(0)})};
}

bool ReduceLayer::read(const tenon::Node& node) {
  const Reduce* op = as<Reduce>(node);
  auto kind = op ? std::find(std::begin(reductions), std::end(reductions), op->kind) : std::end(reductions);
  if (kind == std::end(reductions)) return false;
  operation = ReduceOperation(kind - reductions);
  std::vector<bool> reduced = op->reduced(node.input(0).type().rank());
  for (size_t i = 0; i < reduced.size(); ++i) axes |= uint32_t(reduced[i]) << i;
  keep_dimensions = op->keep_dims;
  return true;
}

Values CumulativeLayer::build(Draft& draft) const {
  Cumulate op;
  op.exclusive = exclusive;
  op.reverse = reverse;
  return {&draft.add(op, {&draft.in(0), &draft.in(1)})};
}

bool CumulativeLayer::read(const tenon::Node& node) {
  const Cumulate* op = as<Cumulate>(node);
  if (!op || op->kind != CumulateKind::sum) return false;
  exclusive = op->exclusive, reverse = op->reverse;
  return true;
}

TopKLayer::TopKLayer(Network& n, TopKOperation o, int32_t count, uint32_t mask, DataType indices)
    : Layer(n, LayerType::topk, 2), operation(o), k(count), axes(mask), indices_type(DataType::int32) {
  check(count >= 0, "k is ", count);
  set_indices_type(indices);
}

void TopKLayer::set_indices_type(DataType t) {
  check_indices(t);
  indices_type = t;
}

Values TopKLayer::build(Draft& draft) const {
  TopK op(one_axis_of(axes << draft.batch(), draft.rank(0)), operation == TopKOperation::max);
  tenon::Value& count = draft.has(1) ? draft.in(1) : draft.list({k});
  Values made = draft.node(op.clone(), {&draft.in(0), &count}, 2);
  made[1] = &draft.cast(*made[1], element_of(indices_type));
  return made;
}

bool TopKLayer::read(const tenon::Node& node) {
  const TopK* op = as<TopK>(node);
  if (!op) return false;
  operation = op->largest ? TopKOperation::max : TopKOperation::min;
  axes = mask_of({op->axis}, node.input(0).type().rank());
  const auto& count = node.input(1).contents;
  k = count && count->size() == 1 && (*count)[0].known() ? int32_t((*count)[0].value()) : 0;
  indices_type = DataType::int64;
  return true;
}

void MatrixMultiplyLayer::set_operation(int32_t i, MatrixOperation o) {
  check(i == 0 || i == 1, "operand ", i, " does not exist; there are 2");
  operations[i] = o;
}

MatrixOperation MatrixMultiplyLayer::operation(int32_t i) const {
  check(i == 0 || i == 1, "operand ", i, " does not exist; there are 2");
  return operations[i];
}

// A vector is a row or a column whose axis of extent 1 the result does not have.
Values MatrixMultiplyLayer::build(Draft& draft) const {
  auto is = [&](int i, MatrixOperation o) { return operations[i] == o; };
  bool row = is(0, MatrixOperation::vector), column = is(1, MatrixOperation::vector);
  tenon::Value* a = row ? &draft.add(Unsqueeze({-2}), {&draft.in(0)}) : &draft.in(0);
  tenon::Value* b = column ? &draft.add(Unsqueeze({-1}), {&draft.in(1)}) : &draft.in(1);
  for (int i : {0, 1})
    check(is(i, MatrixOperation::vector) || draft.rank(i) >= 2, "operand ", i, " is ", draft.type(i),
          ", a matrix has 2 axes at least; a vector needs kVECTOR");
  tenon::Value* y = &draft.add(MatMul(is(0, MatrixOperation::transpose), is(1, MatrixOperation::transpose)), {a, b});
  std::vector<int64_t> dropped;
  if (row) dropped.push_back(-2);
  if (column) dropped.push_back(-1);
  if (!dropped.empty()) y = &draft.add(Squeeze(dropped), {y});
  return {y};
}

bool MatrixMultiplyLayer::read(const tenon::Node& node) {
  const MatMul* op = as<MatMul>(node);
  if (!op) return false;
  for (int i : {0, 1}) {
    bool turned = i ? op->transpose_b : op->transpose_a;
    operations[i] = node.input(i).type().rank() == 1 ? MatrixOperation::vector
                    : turned                         ? MatrixOperation::transpose
                                                     : MatrixOperation::none;
  }
  return true;
}

// Letters become numbers; there is no ellipsis and no result left unsaid.
Values EinsumLayer::build(Draft& draft) const {
  std::string text = equation;
  std::erase(text, ' ');
  size_t arrow = text.find("->");
  check(arrow != std::string::npos, "the equation '", equation, "' has no '->'");
  Einsum op;
  auto name_of = [&](char c) {
    check(c >= 'a' && c <= 'z', "the equation '", equation, "' has '", c, "'; indices are letters from a to z");
    return int64_t(c - 'a');
  };
  for (char c : text.substr(0, arrow)) op.operands.push_back(c == ',' ? -1 : name_of(c));
  for (char c : text.substr(arrow + 2)) op.result.push_back(name_of(c));
  auto terms = 1 + std::count(op.operands.begin(), op.operands.end(), -1);
  check(terms == draft.count(), "the equation '", equation, "' has ", terms, " terms for ", draft.count(), " inputs");
  Values operands;
  for (int i = 0; i < draft.count(); ++i) operands.push_back(&draft.in(i));
  return {&draft.add(op, operands)};
}

void NormalizationLayer::set_compute_precision(DataType t) {
  check(t == DataType::float_ || t == DataType::half, ErrorId::unsupported_type,
        "normalisations compute in floats of 32 or 16 bits, not in ", element_of(t));
  compute_precision = t;
}

Values NormalizationLayer::build(Draft& draft) const {
  const TensorType x = draft.type(0);
  std::vector<int64_t> along = axes_of_mask(axes, x.rank());
  if (nb_groups == 1) return {&draft.add(Normalize(along, epsilon), {&draft.in(0), &draft.in(1), &draft.in(2)})};
  check(nb_groups > 1 && x.rank() >= 2, "there are ", nb_groups, " groups for ", x);
  check(!x.shape[1].known() || x.shape[1].value() % nb_groups == 0, x.shape[1], " channels are no multiple of ",
        nb_groups, " groups");
  bool whole = along.front() == 2 && int(along.size()) == x.rank() - 2;
  check(whole, ErrorId::unsupported, "groups with the mask of axes ", axes,
        "; all axes behind the channels are possible");
  Dim in_group = floor_div(count(Shape(x.shape.begin() + 1, x.shape.end())), nb_groups);
  tenon::Value& grouped = draft.reshape(draft.in(0), {x.shape[0], Dim(nb_groups), in_group});
  auto one_column = [&](int i) {
    const Shape& s = draft.type(i).shape;
    check(!all_known(s) || count(s).is(nb_groups), "input ", i, " is ", draft.type(i),
          ", expected a number for each of ", nb_groups, " groups");
    return &draft.reshape(draft.in(i), {1, Dim(nb_groups), 1});
  };
  Values operands{&grouped};
  if (!v2) operands.insert(operands.end(), {one_column(1), one_column(2)});
  tenon::Value* y = &draft.reshape(draft.add(Normalize({2}, epsilon), operands), x.shape);
  if (v2) y = &draft.add(Elementwise("mul"), {y, &draft.in(1)});
  if (v2) y = &draft.add(Elementwise("add"), {y, &draft.in(2)});
  return {y};
}

}  // namespace tenon::objects
