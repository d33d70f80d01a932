#include "regions/attention/match.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ops/constant/constant.h"
#include "ops/matmul/matmul.h"
#include "ops/select/select.h"
#include "ops/softmax/softmax.h"
#include "ops/transpose/transpose.h"

namespace tenon {

namespace {

std::string_view name_of(const Node& node) { return node.info().name; }

std::optional<double> number_of(const Value& v) {
  Weights w = constant_of(v);
  if (!w || w->extents.count() != 1 || !float_types.contains(w->element)) return {};
  return load_scalar(w->data, w->element).f;
}

// node = x * factor by a finite number; sets which operand x is.
std::optional<double> factor_of(const Node& node, int& x) {
  if (name_of(node) != "mul" && name_of(node) != "div") return {};
  x = name_of(node) == "mul" && number_of(node.input(0)) ? 1 : 0;
  std::optional<double> c = number_of(node.input(1 - x));
  if (!c || node.input(x).shape() != node.output().shape()) return {};
  double factor = name_of(node) == "mul" ? *c : 1 / *c;
  return std::isfinite(float(factor)) ? std::optional(factor) : std::nullopt;
}

class Matcher {
 public:
  Matcher(Reach reach, ElementSet elements, Attention& found) : reach_(reach), elements_(elements), found_(found) {}

  const char* match(const Node& root) {
    const Node* end = &root;
    const Transpose* last = as<Transpose>(root);
    if ((last != nullptr) != (reach_ == Reach::all)) return "";
    if (last) end = root.input(0).producer;
    if (!as<MatMul>(*end) || !as<Softmax>(end->input(0))) return "";
    const Node& product = *end;
    found_.axes = identity(product.output());
    if (last) {
      std::vector<int> from = last->axes_of_x(root.output().type().rank());
      for (size_t i = 0; i < from.size(); ++i) found_.axes[size_t(from[i])] = int(i);
      if (from.back() != int(from.size()) - 1) return "";
    }
    if (!elements_.contains(product.output().element())) return "elements are of another type";
    const Value& weights = product.input(0);
    if (as<MatMul>(product)->transpose_a) return "the weights are transposed";
    if (product.input(1).type().rank() < 2 || weights.type().rank() < 2) return "an operand is a vector";
    const Softmax& softmax = *as<Softmax>(weights);
    if (softmax.log || axis_of(softmax.axis, weights.type().rank()) != weights.type().rank() - 1)
      return "softmax is not over the keys";
    if (last) found_.nodes.push_back(&root);
    found_.nodes.insert(found_.nodes.end(), {&product, weights.producer});
    if (const char* reason = read_scores(weights.producer->input(0))) return reason;
    found_.v = see(product.input(1), true);
    if (found_.v.factor != 1 || as<MatMul>(product)->transpose_b ||
        found_.v.axes.back() + 1 != int(found_.v.axes.size()))
      return "the values do not lie in rows";
    for (const Seen* s : {&found_.q, &found_.v})
      if (!s->value->shape()[size_t(s->axes.back())].known()) return "the size of a head is not known";
    for (const Node* n : found_.nodes)
      for (const auto& out : n->outputs())
        if (n != &root && (reach_ == Reach::core || as<Softmax>(*n) || out.get() == found_.scores) &&
            out->users.size() != 1)
          return "scores or weights have other users";
    std::reverse(found_.nodes.begin(), found_.nodes.end());
    return nullptr;
  }

 private:
  static std::vector<int> identity(const Value& v) {
    std::vector<int> axes(size_t(v.type().rank()));
    std::iota(axes.begin(), axes.end(), 0);
    return axes;
  }

  void take(const Node& node) {  // behind all that use it, and behind it what was taken that it uses
    std::erase(found_.nodes, &node);
    found_.nodes.push_back(&node);
    for (const Value* in : node.inputs())
      if (std::find(found_.nodes.begin(), found_.nodes.end(), in->producer) != found_.nodes.end()) take(*in->producer);
  }

  // Upwards from softmax to the product of queries and keys.
  const char* read_scores(const Value& top) {
    const Value* v = &top;
    while (!as<MatMul>(*v)) {
      const Node& node = *v->producer;
      const Value* next = nullptr;
      int x = 0;
      if (std::optional<double> factor = factor_of(node, x)) {
        next = &node.input(x);
        found_.steps.push_back({ScoreStep::scale, *factor});
      } else if (name_of(node) == "add") {
        bool left = node.input(0).shape() == v->shape() && leads_to_product(node.input(0));
        x = left ? 0 : 1;
        next = &node.input(x);
        found_.steps.push_back({ScoreStep::add, 1, true, &node.input(1 - x)});
      } else if (as<Select>(node)) {
        x = number_of(node.input(2)) ? 1 : 2;
        std::optional<double> other = number_of(node.input(3 - x));
        if (!other) return "a mask chooses between values";
        next = &node.input(x);
        found_.steps.push_back({ScoreStep::select, *other, x == 1, &node.input(0)});
      }
      if (!next || next->shape() != v->shape()) return "the scores are no masked product";
      if (v->users.size() != 1) return "scores or weights have other users";
      found_.nodes.push_back(&node);
      v = next;
    }
    std::reverse(found_.steps.begin(), found_.steps.end());
    join_scales();
    found_.scores = v;
    const Node& product = *v->producer;
    const MatMul& op = *as<MatMul>(product);
    if (product.input(0).type().rank() < 2 || product.input(1).type().rank() < 2) return "an operand is a vector";
    found_.nodes.push_back(&product);
    found_.q = see(product.input(0), false);
    found_.k = see(product.input(1), false);
    if (op.transpose_a) std::swap(found_.q.axes.back(), *(found_.q.axes.end() - 2));
    if (!op.transpose_b) std::swap(found_.k.axes.back(), *(found_.k.axes.end() - 2));
    return nullptr;
  }

  // A scale goes with the sum behind it; a last one, above 0, with softmax.
  void join_scales() {
    std::vector<Attention::Step> joined;
    for (const Attention::Step& s : found_.steps) {
      bool after = !joined.empty() && joined.back().kind == ScoreStep::scale && s.kind == ScoreStep::add;
      double factor = after ? joined.back().number : s.number;
      if (after) joined.pop_back();
      joined.push_back(s);
      joined.back().number = factor;
    }
    if (!joined.empty() && joined.back().kind == ScoreStep::scale && float(joined.back().number) > 0) {
      found_.scale = joined.back().number;
      joined.pop_back();
    }
    found_.steps = std::move(joined);
  }

  static bool leads_to_product(const Value& v, int nodes = 12) {
    const Node& node = *v.producer;
    int x = 0;
    if (as<MatMul>(node) || nodes == 0) return nodes > 0;
    auto leads = [&](int i) {
      return node.input(i).shape() == v.shape() && leads_to_product(node.input(i), nodes - 1);
    };
    if (as<Select>(node)) return leads(1) || leads(2);
    if (name_of(node) == "add") return leads(0) || leads(1);
    return factor_of(node, x) && leads(x);
  }

  // An operand through what stands before it, as far as that may belong to the region.
  Seen see(const Value& operand, bool rows) {
    Seen s{&operand, identity(operand)};
    for (int x = 0; reach_ != Reach::core; x = 0) {
      const Node& node = *s.value->producer;
      const Transpose* move = as<Transpose>(node);
      std::optional<double> factor = rows ? std::nullopt : factor_of(node, x);
      if (!move && !factor) break;
      if (move) {
        std::vector<int> from = move->axes_of_x(int(s.axes.size())), axes;
        for (int axis : s.axes) axes.push_back(from[size_t(axis)]);
        if (rows && axes.back() + 1 != int(axes.size())) break;
        s.axes = axes;
      } else s.factor *= *factor;
      take(node);
      s.value = &node.input(x);
    }
    return s;
  }

  Reach reach_;
  ElementSet elements_;
  Attention& found_;
};

}  // namespace

const char* match_attention(const Node& root, Reach reach, ElementSet elements, Attention& found) {
  return Matcher(reach, elements, found).match(root);
}

std::vector<Attention> match_attentions(const Node& root, ElementSet elements, const char*& refused) {
  std::vector<Attention> all;
  refused = nullptr;
  for (Reach reach : {Reach::core, Reach::inputs, Reach::all}) {
    Attention a;
    if (const char* reason = match_attention(root, reach, elements, a)) {
      if (!*reason || !all.empty()) continue;
      refused = reason;
      return all;
    }
    if (all.empty() || a.nodes.size() != all.back().nodes.size()) all.push_back(std::move(a));
  }
  return all;
}

std::vector<const Value*> operands_of(const Attention& a) {
  std::vector<const Value*> list;
  auto read = [&](const Value* v) {
    if (v && std::find(list.begin(), list.end(), v) == list.end()) list.push_back(v);
  };
  for (const Value* v : {a.q.value, a.k.value, a.v.value}) read(v);
  for (const Attention::Step& s : a.steps) read(s.operand);
  return list;
}

Axes::Axes(const Extents& value, const std::vector<int>& order) {
  Extents all = strides_of(value);
  for (int axis : order) extents.push(value[axis]), steps.push(all[axis]);
}

Extents along(const Axes& a, const Extents& batch) {
  Extents steps = batch;
  int missing = batch.rank - (a.extents.rank - 2);
  for (int d = 0; d < batch.rank; ++d) steps[d] = d < missing || a.extents[d - missing] == 1 ? 0 : a.steps[d - missing];
  return steps;
}

}  // namespace tenon
