// Reading a tail's expression backwards: activations are recognised by comparing with what ops/unary would have
// written.
#include <algorithm>
#include <cmath>

#include "ops/unary/unary.h"
#include "regions/epilogue/epilogue.h"

namespace tenon {

namespace {

constexpr double alpha_mark = 0x1.23456789abcp+60, beta_mark = 0x1.fedcba98765p+59;  // stand for "any number"

struct Pattern {
  const char* name;
  Expression e;
};

const std::vector<Pattern>& patterns() {
  static const std::vector<Pattern> all = [] {
    std::vector<Pattern> list;
    for (const char* name : {"relu", "clip", "leaky_relu", "silu", "hard_swish", "sigmoid", "hard_sigmoid", "tanh",
                             "elu", "gelu_erf", "gelu_tanh", "mish", "abs", "sqrt", "exp", "softplus"}) {
      Pattern p{name, {}};
      Term x = input(p.e, 0, ElementType::f32);
      bool scaled = std::string_view(name) == "softplus";
      p.e.result = Unary(name, scaled ? 1 : alpha_mark, scaled ? 1 : beta_mark).pointwise(std::span(&x, 1))->index;
      list.push_back(std::move(p));
    }
    return list;
  }();
  return all;
}

bool commutes(Opcode code) {
  return code == Opcode::add || code == Opcode::mul || code == Opcode::max || code == Opcode::min ||
         code == Opcode::equal;
}

// Whether instruction `at` of `e` computes the pattern; binds what the pattern's input stands for, and its numbers.
struct Matcher {
  const Expression &e, &pattern;
  int bound = -1;
  double alpha = NAN, beta = NAN;

  bool match(int at, int like) {
    const Instruction &a = e.list[size_t(at)], &p = pattern.list[size_t(like)];
    if (p.code == Opcode::input) {
      if (bound < 0) bound = at;
      return bound == at;
    }
    if (a.code != p.code || a.type != p.type) return false;
    if (p.code == Opcode::number) {
      if (p.number == alpha_mark) return std::isnan(alpha) ? (alpha = a.number, true) : alpha == a.number;
      if (p.number == beta_mark) return std::isnan(beta) ? (beta = a.number, true) : beta == a.number;
      return a.number == p.number;
    }
    Matcher before = *this;
    if (operands(a.a, a.b, a.c, p)) return true;
    if (!commutes(p.code)) return false;
    bound = before.bound, alpha = before.alpha, beta = before.beta;
    return operands(a.b, a.a, a.c, p);
  }

 private:
  bool operands(int a, int b, int c, const Instruction& p) {
    return (p.a < 0 || match(a, p.a)) && (p.b < 0 || match(b, p.b)) && (p.c < 0 || match(c, p.c));
  }
};

// By instruction: whether it depends on input 0.
std::vector<bool> dependents(const Expression& e) {
  std::vector<bool> depends;
  for (const Instruction& i : e.list) {
    bool is_input = i.code == Opcode::input;
    bool through = !is_input && ((i.a >= 0 && depends[size_t(i.a)]) || (i.b >= 0 && depends[size_t(i.b)]) ||
                                 (i.c >= 0 && depends[size_t(i.c)]));
    depends.push_back(is_input ? i.a == 0 : through);
  }
  return depends;
}

// x * c, x / c, x + c, x - c as alpha x + beta; sets what x is. A quotient only where its reciprocal is exact.
std::optional<TailStep> linear(const Expression& e, const Instruction& i, int& x) {
  auto number = [&](int k) { return k >= 0 && e.list[size_t(k)].code == Opcode::number; };
  bool commutes_here = i.code == Opcode::add || i.code == Opcode::mul;
  bool on_right = number(i.b), on_left = commutes_here && number(i.a);
  if (on_right == on_left) return {};
  double c = e.list[size_t(on_right ? i.b : i.a)].number;
  int exponent = 0;
  TailStep step{TailStep::activation, "linear", 1, 0, nullptr};
  if (i.code == Opcode::mul) step.alpha = c;
  else if (i.code == Opcode::div && std::abs(std::frexp(c, &exponent)) == 0.5) step.alpha = 1 / c;
  else if (i.code == Opcode::add) step.beta = c;
  else if (i.code == Opcode::sub) step.beta = -c;
  else return {};
  x = on_right ? i.a : i.b;
  return step;
}

}  // namespace

std::optional<std::vector<TailStep>> steps_of(const Epilogue& epilogue) {
  const Expression& e = epilogue.tail;
  std::vector<TailStep> steps;
  std::vector<bool> depends = dependents(e);
  int at = e.result;
  while (at >= 0 && !(e.list[size_t(at)].code == Opcode::input && e.list[size_t(at)].a == 0)) {
    const Instruction& i = e.list[size_t(at)];
    if (i.type != ElementType::f32) return {};
    int next = -1;
    // The longest match wins: silu before the multiplication it ends with.
    for (const Pattern& p : patterns()) {
      Matcher m{e, p.e};
      if (!m.match(at, p.e.result) || m.bound < 0 || !depends[size_t(m.bound)] || (next >= 0 && m.bound >= next))
        continue;
      if (next >= 0) steps.pop_back();
      next = m.bound;
      steps.push_back(
          {TailStep::activation, p.name, std::isnan(m.alpha) ? 0 : m.alpha, std::isnan(m.beta) ? 0 : m.beta, nullptr});
    }
    if (next < 0)
      if (std::optional<TailStep> step = linear(e, i, next)) steps.push_back(*step);
    if (next < 0 && (i.code == Opcode::add || i.code == Opcode::mul)) {
      auto side = [&](int k) -> const Value* {
        const Instruction& o = e.list[size_t(k)];
        return o.code == Opcode::input && o.a > 0 ? epilogue.sides[size_t(o.a - 1)] : nullptr;
      };
      const Value *left = side(i.a), *right = side(i.b);
      if (!left == !right) return {};
      next = left ? i.b : i.a;
      steps.push_back({i.code == Opcode::add ? TailStep::add : TailStep::mul, nullptr, 0, 0, left ? left : right});
    }
    if (next < 0) return {};
    at = next;
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

}  // namespace tenon
