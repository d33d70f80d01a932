#include "kernels/cpu/pointwise_actions.h"

#include <algorithm>

#include "kernels/cpu/isa.h"

namespace tenon {

namespace {

using Actions = std::vector<PointwiseAction>;

constexpr double simple_ns = .035;

// Measured on a Zen 5 core: vectors of floats, and what goes one by one.
double element_ns(Opcode code, ElementType type, ElementType to) {
  bool floats = type == ElementType::f32;
  double narrow = isa() == Isa::avx512 ? 1 : isa() == Isa::avx2 ? 2.5 : 8;
  switch (code) {
    case Opcode::exp: return floats ? .13 * narrow : 3.2;
    case Opcode::sin:
    case Opcode::cos: return floats && isa() != Isa::portable ? .15 * narrow : 8;
    case Opcode::log:
    case Opcode::tanh: return floats ? .2 * narrow : 8;
    case Opcode::erf: return floats ? .35 * narrow : 8;
    case Opcode::div:
    case Opcode::sqrt: return floats ? .06 : .3;
    case Opcode::floor_div:
    case Opcode::fmod: return 3;
    case Opcode::pow: return 10;
    default: break;
  }
  if (code >= Opcode::tan && code <= Opcode::atanh) return 8;
  if (code == Opcode::cast && half_types.contains(to) && !floats) return 1.2;
  return simple_ns / 4 * double(std::max(size_bytes(type), size_bytes(to)));
}

class Actor {
 public:
  Actor(const Expression& e, std::span<const std::optional<Scalar>> known)
      : e_(e), actions_(e.list.size()), uses_(e.list.size()) {
    for (size_t i = 0; i < e_.list.size(); ++i) {
      const Instruction& at = e_.list[i];
      if (at.code == Opcode::input) actions_[i].known = known[size_t(at.a)];
      else if (at.code == Opcode::number) actions_[i].known = number(at);
      else actions_[i].operands = {at.a, at.b, at.c}, actions_[i].known = folded(int(i));
    }
  }

  Actions act() {
    count_uses();
    for (int i = e_.result; i >= 0; --i) {
      const Instruction& at = e_.list[size_t(i)];
      if (!uses_[size_t(i)] || action(i).known || at.code == Opcode::input) continue;
      if (at.type == ElementType::f32 && (take_sigmoid(i) || take_pair(i))) continue;
      action(i).function =
          by_isa(pointwise_function<4>, pointwise_function<8>, pointwise_function<16>)(at.code, type(at.a), at.type);
      action(i).element_ns = has_short_power(at) ? simple_ns : element_ns(at.code, type(at.a), at.type);
    }
    return std::move(actions_);
  }

 private:
  PointwiseAction& action(int i) { return actions_[size_t(i)]; }
  ElementType type(int i) const { return e_.list[size_t(i)].type; }

  static Scalar number(const Instruction& at) {
    Scalar s{};
    s.f = at.number;
    return cast_scalar(s, ElementType::f64, at.type);
  }

  std::optional<Scalar> folded(int i) {
    std::array<Scalar, 3> value{};
    for (size_t k = 0; k < 3; ++k) {
      int operand = action(i).operands[k];
      if (operand >= 0 && !action(operand).known) return {};
      if (operand >= 0) value[k] = *action(operand).known;
    }
    const Instruction& at = e_.list[size_t(i)];
    return apply(at, type(at.a), value[0], value[1], value[2]);
  }

  void count_uses() {
    uses_[size_t(e_.result)] = 1;
    for (int i = e_.result; i >= 0; --i)
      if (uses_[size_t(i)] && !action(i).known)
        for (int operand : action(i).operands)
          if (operand >= 0) ++uses_[size_t(operand)];
  }

  // Instruction i, if it computes `code` for one reader alone: who takes it over makes it vanish.
  const Instruction* only(int i, Opcode code) {
    const Instruction& at = e_.list[size_t(i)];
    return at.code == code && uses_[size_t(i)] == 1 && !action(i).known ? &at : nullptr;
  }
  bool is_one(int i) { return action(i).known && action(i).known->f == 1; }

  bool take_sigmoid(int i) {  // 1 / (1 + exp(-x))
    const Instruction& div = e_.list[size_t(i)];
    if (div.code != Opcode::div || !is_one(div.a)) return false;
    const Instruction* sum = only(div.b, Opcode::add);
    if (!sum || !(is_one(sum->a) || is_one(sum->b))) return false;
    int power = is_one(sum->a) ? sum->b : sum->a;
    const Instruction* exp = only(power, Opcode::exp);
    const Instruction* neg = exp ? only(exp->a, Opcode::neg) : nullptr;
    if (!neg) return false;
    uses_[size_t(div.b)] = uses_[size_t(power)] = uses_[size_t(exp->a)] = 0;
    action(i).operands = {neg->a, -1, -1};
    action(i).function = by_isa(pointwise_sigmoid<4>, pointwise_sigmoid<8>, pointwise_sigmoid<16>)();
    action(i).element_ns = element_ns(Opcode::exp, ElementType::f32, ElementType::f32) + simple_ns;
    return true;
  }

  bool take_pair(int i) {
    const Instruction& second = e_.list[size_t(i)];
    if (!takes_two(second.code)) return false;
    for (bool swapped : {false, true}) {
      int at = swapped ? second.b : second.a, other = swapped ? second.a : second.b;
      const Instruction* first = only(at, e_.list[size_t(at)].code);
      if (!first || !takes_two(first->code) || first->type != ElementType::f32) continue;
      PointwiseFunction function =
          by_isa(pointwise_pair<4>, pointwise_pair<8>, pointwise_pair<16>)(first->code, second.code, swapped);
      if (!function) continue;
      uses_[size_t(at)] = 0;
      action(i).operands = {first->a, first->b, other};
      action(i).function = function;
      action(i).element_ns = element_ns(second.code, ElementType::f32, ElementType::f32) + simple_ns / 3;
      return true;
    }
    return false;
  }

  bool has_short_power(const Instruction& at) {  // see power() of floats
    if (at.code != Opcode::pow || at.type != ElementType::f32 || !action(at.b).known) return false;
    double exponent = action(at.b).known->f;
    return exponent == 2 || exponent == 3 || exponent == -1;
  }

  const Expression& e_;
  Actions actions_;
  std::vector<int> uses_;  // by what is needed
};

}  // namespace

Actions pointwise_actions(const Expression& e, std::span<const std::optional<Scalar>> known) {
  return Actor(e, known).act();
}

}  // namespace tenon
