// Activations written out: under their own name they are one step of a product's or a convolution's epilogue.
#include <algorithm>
#include <array>
#include <cmath>

#include "ops/unary/unary.h"
#include "optimizer/rules/patterns.h"
#include "optimizer/rules/rules.h"

namespace tenon {

namespace {

constexpr int most_nodes = 16;

// c[0] + c[1] x + c[2] x² + c[3] x³
struct Polynomial {
  std::array<double, 4> c{};
  int degree() const {
    return int(std::find_if(c.rbegin(), c.rend(), [](double a) { return a != 0; }).base() - c.begin()) - 1;
  }
};

// p(x) + q(x) f, where f is a function of x
struct Form {
  Polynomial p, q;
  bool has_f() const { return q.degree() >= 0; }
};

Polynomial sum(const Polynomial& a, const Polynomial& b, double factor) {
  Polynomial y;
  for (size_t i = 0; i < y.c.size(); ++i) y.c[i] = a.c[i] + factor * b.c[i];
  return y;
}

std::optional<Polynomial> product(const Polynomial& a, const Polynomial& b) {
  Polynomial y;
  if (a.degree() + b.degree() >= int(y.c.size())) return {};
  for (size_t i = 0; i < y.c.size(); ++i)
    for (size_t k = 0; i + k < y.c.size(); ++k) y.c[i + k] += a.c[i] * b.c[k];
  return y;
}

// Reads arithmetic down to `x` and `f`, whichever of them is there.
struct Reader {
  const Value* x;
  const Node* f;
  Inside inside;

  std::optional<Form> read(const Value& v) {
    if (&v == x) return Form{{{0, 1}}, {}};
    if (std::optional<double> c = number_of(v)) return Form{{{*c}}, {}};
    const Node& node = *v.producer;
    if (inside.nodes.size() > most_nodes || node.outputs().size() != 1) return {};
    std::string_view op = node.info().name;
    bool arithmetic = op == "add" || op == "sub" || op == "mul" || op == "div" || op == "pow" || op == "neg";
    if (!arithmetic && &node != f) return {};
    inside.nodes.push_back(&node);
    if (&node == f) return Form{{}, {{1}}};
    std::optional<Form> a = read(node.input(0)), b = op == "neg" ? Form{} : read(node.input(node.input_count() - 1));
    if (!a || !b) return {};
    if (op == "add" || op == "sub")
      return Form{sum(a->p, b->p, op == "add" ? 1 : -1), sum(a->q, b->q, op == "add" ? 1 : -1)};
    if (op == "neg") return Form{sum({}, a->p, -1), sum({}, a->q, -1)};
    if (op == "mul") return times(*a, *b);
    if (b->has_f() || b->p.degree() > 0) return {};
    double c = b->p.c[0];
    if (op == "div") return times(*a, Form{{{1 / c}}, {}});
    if (c != 2 && c != 3) return {};
    std::optional<Form> square = times(*a, *a);
    return c == 2 || !square ? square : times(*square, *a);
  }

 private:
  static std::optional<Form> times(const Form& a, const Form& b) {
    if (a.has_f() && b.has_f()) return {};
    std::optional<Polynomial> p = product(a.p, b.p), q = product(a.q, b.p), r = product(a.p, b.q);
    if (!p || !q || !r) return {};
    return Form{*p, sum(*q, *r, 1)};
  }
};

// As near as constants of the type can say; a few roundings, for two of them may have been multiplied.
bool near(const Polynomial& a, const Polynomial& b, ElementType type) {
  double ulp = type == ElementType::f64   ? 0x1p-50
               : type == ElementType::f32 ? 0x1p-22
               : type == ElementType::f16 ? 0x1p-9
                                          : 0x1p-6;
  for (size_t i = 0; i < a.c.size(); ++i)
    if (!(std::abs(a.c[i] - b.c[i]) <= ulp * std::abs(b.c[i]))) return false;
  return true;
}

// An activation as p(x) + q(x) f(argument(x)).
struct Known {
  const char *name, *f;
  Polynomial argument, p, q;
};

constexpr double root_of_half = 0.70710678118654752440, tanh_factor = 0.79788456080286535588;
const Known known[] = {
    {"gelu_erf", "erf", {{0, root_of_half}}, {{0, .5}}, {{0, .5}}},
    {"gelu_tanh", "tanh", {{0, tanh_factor, 0, tanh_factor * .044715}}, {{0, .5}}, {{0, .5}}},
    {"hard_swish", "clip", {{3, 1}}, {}, {{0, 1. / 6}}},     // between 0 and 6
    {"hard_swish", "hard_sigmoid", {{0, 1}}, {}, {{0, 1}}},  // of x / 6 + 0.5
};

bool is_function(const Node& node, std::string_view f) {
  std::string_view op = node.info().name;
  return op == f || (f == "clip" && op == "min");
}

// What `f` is a function of, if it has the parameters that its row stands for; else null.
Value* argument_of(const Node& f, Inside& inside) {
  std::string_view name = f.info().name;
  const Unary* op = as<Unary>(f);
  if (name == "clip" && !(op->alpha == 0 && op->beta == 6)) return nullptr;
  if (name == "hard_sigmoid" && !near({{op->alpha, op->beta}}, {{1. / 6, .5}}, ElementType::f32)) return nullptr;
  if (op) return &f.input(0);
  int i = number_of(f.input(0)) ? 1 : 0;
  Node* least = number_of(f.input(1 - i)) == 6 ? inside.take(f.input(i), "max") : nullptr;
  if (!least) return nullptr;
  int k = number_of(least->input(0)) ? 1 : 0;
  return number_of(least->input(1 - k)) == 0 ? &least->input(k) : nullptr;
}

// The functions that `v` is made with, and values from which they could be computed.
void collect(const Value& v, std::string_view f, int depth, std::vector<const Node*>& functions) {
  const Node& node = *v.producer;
  if (is_function(node, f)) return functions.push_back(&node);
  std::string_view op = node.info().name;
  if (depth == 0 || !(op == "add" || op == "sub" || op == "mul" || op == "div")) return;
  for (const Value* in : node.inputs()) collect(*in, f, depth - 1, functions);
}
void collect_arguments(Value& v, int depth, std::vector<Value*>& list) {
  if (number_of(v)) return;
  list.push_back(&v);
  std::string_view op = v.producer->info().name;
  if (depth == 0 || !(op == "add" || op == "mul" || op == "div" || op == "pow")) return;
  for (Value* in : v.producer->inputs()) collect_arguments(*in, depth - 1, list);
}

// Whether `root` is the activation of `x` by way of `f`; notes what it is made of.
bool is(const Known& known, const Value& root, const Value& x, const Node& f, Inside& inside) {
  Reader whole{&x, &f, {}}, inner{&x, nullptr, {}};
  Value* from = argument_of(f, inner.inside);
  std::optional<Form> y = whole.read(root), argument = from ? inner.read(*from) : std::nullopt;
  ElementType type = root.element();
  if (!y || !argument || !near(argument->p, known.argument, type)) return false;
  inside = std::move(whole.inside);
  inside.nodes.insert(inside.nodes.end(), inner.inside.nodes.begin(), inner.inside.nodes.end());
  std::erase(inside.nodes, root.producer);
  return near(y->p, known.p, type) && near(y->q, known.q, type);
}

// arithmetic of x and erf(x / √2) -> gelu_erf(x); likewise gelu_tanh and hard_swish
Verdict recognize(Rewriter& rw, Node& root) {
  bool any = false;
  for (const Known& k : known) {
    std::vector<const Node*> functions;
    for (const Value* in : root.inputs()) collect(*in, k.f, 3, functions);
    any = any || !functions.empty();
    for (const Node* f : functions) {
      Inside inside;
      std::vector<Value*> arguments;
      if (Value* from = argument_of(*f, inside)) collect_arguments(*from, 4, arguments);
      for (Value* x : arguments) {
        if (!is(k, root.output(), *x, *f, inside)) continue;
        if (!rw.used_inside(inside.nodes)) return no("a value in between has other users");
        return rw.replace(root, rw.add(Unary(k.name), {x}));
      }
    }
  }
  if (any) return no("it is no activation that has a name");
  return no("no factor is made with erf, tanh or a clip");
}

const Rule rules[] = {{"recognize_product", "mul", recognize}, {"recognize_quotient", "div", recognize}};

}  // namespace

const Rules recognize_activations = rules;

}  // namespace tenon
