#include "regions/panels/problem.h"

#include "ops/constant/constant.h"
#include "ops/matmul/matmul.h"

namespace tenon {

namespace {

// Whether the elements of `side`, broadcast to `y`, vary along axis `column` alone.
bool varies_by_column(const Shape& side, const Shape& y, size_t column) {
  if (side.size() > y.size()) return false;
  size_t missing = y.size() - side.size();
  for (size_t d = 0; d < side.size(); ++d)
    if (d + missing == column ? side[d] != y[column] : side[d] != Dim(1)) return false;
  return missing <= column;
}

std::string set_sides(PanelProblem& p, const Epilogue& e) {
  const Shape& y = p.anchor->output().shape();
  size_t column = p.conv ? 1 : y.size() - 1;
  p.tail = e.tail;
  for (const Value* v : e.sides) {
    bool same = v->shape() == y, per_column = varies_by_column(v->shape(), y, column);
    if (!same && !per_column) return concat("'", v->name, "' broadcasts, and not along the columns alone");
    p.sides.push_back({v, per_column});
  }
  return "";
}

std::string set_matrix(PanelProblem& p) {
  const MatMul& op = *as<MatMul>(*p.anchor);
  if (op.transpose_a) return "the left side is transposed";
  if (p.anchor->input(0).type().rank() < 2) return "the left side is a vector";
  p.transposed = op.transpose_b;
  p.inner = p.weights->extents[p.transposed ? 1 : 0];
  p.columns = p.weights->extents[p.transposed ? 0 : 1];
  return "";
}

std::string set_window(PanelProblem& p) {
  if (p.conv->groups != 1) return "it has groups";
  p.layout = Layout::nhwc;
  p.inner = p.weights->extents[1];
  p.columns = p.weights->extents[0];
  p.taps = p.weights->extents.count_between(2, p.weights->extents.rank);
  if (p.anchor->input_count() == 2) return "";
  p.start = constant_of(p.anchor->input(2));
  return p.start ? "" : "the bias is not constant";
}

// The first step of the tail is a sum with one number a column.
Weights bias_behind(const PanelProblem& p, const Epilogue& e) {
  if (p.start || e.region.nodes.size() < 2) return nullptr;
  const Node& add = *e.region.nodes[1];
  const Value& y = p.anchor->output();
  if (std::string_view(add.info().name) != "add" || y.users.size() != 1) return nullptr;
  const Value& side = add.input(&add.input(0) == &y ? 1 : 0);
  size_t column = p.conv ? 1 : y.shape().size() - 1;
  Weights w = constant_of(side);
  return w && w->element == ElementType::f32 && varies_by_column(side.shape(), y.shape(), column) ? w : nullptr;
}

// Relu and clip alone.
bool set_bounds(PanelProblem& p, const Epilogue& rest) {
  std::optional<std::vector<TailStep>> steps = steps_of(rest);
  if (!steps) return false;
  for (const TailStep& s : *steps) {
    std::string_view name = s.name ? s.name : "";
    bool relu = name == "relu";
    if (!relu && name != "clip") return false;
    float low = relu ? 0 : float(s.alpha), high = relu ? INFINITY : float(s.beta);
    p.low = std::min(std::max(p.low, low), high), p.high = std::min(std::max(p.high, low), high);
  }
  return true;
}

std::string set_all(PanelProblem& p, const Epilogue& e) {
  if (p.anchor->output().element() != ElementType::f32) return concat("it is in ", p.anchor->output().element());
  p.weights = constant_of(p.anchor->input(1));
  if (!p.weights) return "weights are not constant";
  p.conv = as<Conv>(*p.anchor);
  if (!p.conv && p.weights->extents.rank != 2) return "weights are no matrix";
  std::string reason = p.conv ? set_window(p) : set_matrix(p);
  if (!reason.empty()) return reason;
  bool absorbs = false;
  if (Weights bias = bias_behind(p, e)) p.start = bias, absorbs = true;
  p.has_tail = e.region.nodes.size() > (absorbs ? 2 : 1);
  if (!p.has_tail) return "";
  if (!plain_types.contains(e.region.exits[0]->element())) return "the result's elements are no bytes";
  Epilogue rest = absorbs ? behind_second(e) : e;
  p.bounded = set_bounds(p, rest);
  p.has_tail = !p.bounded;
  return p.has_tail ? set_sides(p, rest) : "";
}

}  // namespace

bool is_panel_anchor(const Node& node) { return as<MatMul>(node) || as<Conv>(node); }

PanelProblem panel_problem(const Epilogue& epilogue) {
  PanelProblem p;
  p.anchor = &epilogue.anchor();
  p.refusal = set_all(p, epilogue);
  return p;
}

}  // namespace tenon
