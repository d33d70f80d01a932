#include "regions/integer/affine.h"

#include <algorithm>
#include <cmath>

namespace tenon {

namespace {

class Reader {
 public:
  Reader(const Expression& e, const std::vector<std::optional<Scalar>>& known, const std::vector<IntegerSide>& sides,
         int64_t columns)
      : e_(e), known_(known), sides_(sides), columns_(size_t(columns)) {}

  std::optional<Affine> read() {
    const Instruction& byte = at(e_.result);
    if (byte.code != Opcode::cast || (byte.type != ElementType::u8 && byte.type != ElementType::i8)) return {};
    std::optional<int> sums = read_quotient(byte.a);
    if (!sums || !read_sums(*sums)) return {};
    return affine_;
  }

 private:
  const Instruction& at(int i) const { return e_.list[size_t(i)]; }

  // A number that instruction i is, of whatever type.
  std::optional<double> number(int i) const {
    const Instruction& n = at(i);
    if (n.code == Opcode::number) return n.number;
    if (n.code == Opcode::cast && float_types.contains(n.type)) return number(n.a);
    if (n.code != Opcode::input || !known_[size_t(n.a)]) return {};
    if (float_types.contains(n.type)) return known_[size_t(n.a)]->f;
    return double(known_[size_t(n.a)]->i);
  }

  // The numbers of each column that instruction i is.
  std::optional<std::vector<float>> numbers(int i) const {
    if (std::optional<double> one = number(i)) return std::vector<float>(columns_, float(*one));
    const Instruction& n = at(i);
    if (n.code != Opcode::input || n.a == 0 || n.type != ElementType::f32) return {};
    const Weights& w = sides_[size_t(n.a - 1)].columns;
    if (!w || w->extents.count() != int64_t(columns_)) return {};
    return std::vector<float>(w->view().as<float>(), w->view().as<float>() + columns_);
  }

  // x op number, either way round: the number, and what x is.
  std::optional<double> with_number(const Instruction& n, int& x) const {
    for (auto [number_at, other] : {std::pair{n.b, n.a}, std::pair{n.a, n.b}})
      if (std::optional<double> c = number(number_at)) return x = other, c;
    return {};
  }

  // As Quantize writes it; what is divided.
  std::optional<int> read_quotient(int i) {
    int asked = -1;
    if (at(i).code == Opcode::select) {
      const Instruction& nan = at(at(i).a);
      if (nan.code != Opcode::is_nan) return {};
      asked = nan.a;
      i = at(i).c;
    }
    int x = i;
    std::optional<double> most, least, zero;
    if (at(x).code != Opcode::min || !(most = with_number(at(x), x))) return {};
    if (at(x).code != Opcode::max || !(least = with_number(at(x), x))) return {};
    if (at(x).code != Opcode::add || !(zero = with_number(at(x), x))) return {};
    if (at(x).code != Opcode::round || (asked >= 0 && at(x).a != asked)) return {};
    const Instruction& quotient = at(at(x).a);
    if (quotient.code != Opcode::div || quotient.type != ElementType::f32) return {};
    std::optional<double> scale = number(quotient.b);
    if (!scale || !(*scale > 0) || !std::isfinite(*scale)) return {};
    affine_.scale = float(*scale), affine_.zero = int32_t(*zero);
    affine_.low = float(*least - *zero), affine_.high = float(*most - *zero);
    return quotient.a;
  }

  // Down to the sums: bounds, a shift, a factor, casts that change nothing.
  bool read_sums(int i) {
    for (int x = i; at(x).code == Opcode::max || at(x).code == Opcode::min; i = x) {
      bool is_max = at(x).code == Opcode::max;
      std::optional<double> bound = with_number(at(x), x);
      if (!bound || !std::isfinite(*bound) || at(i).type != ElementType::f32) return false;
      bounds_.push_back({is_max, float(*bound)});
    }
    affine_.factor.assign(columns_, 1), affine_.shift.assign(columns_, 0);
    if (at(i).code == Opcode::add && !take(i, affine_.shift)) return false;
    if (at(i).code == Opcode::mul && !take(i, affine_.factor)) return false;
    if (!is_sum(i)) return false;
    // Dividing and rounding keep order, so a bound of x is a bound of the rounded quotient.
    float least = affine_.low, most = affine_.high, from = -INFINITY, to = INFINITY;
    for (auto b = bounds_.rbegin(); b != bounds_.rend(); ++b) {
      from = b->first ? std::max(from, b->second) : std::min(from, b->second);
      to = b->first ? std::max(to, b->second) : std::min(to, b->second);
    }
    affine_.low = std::clamp(std::nearbyint(from / affine_.scale), least, most);
    affine_.high = std::clamp(std::nearbyint(to / affine_.scale), least, most);
    return true;
  }

  bool take(int& i, std::vector<float>& to) {
    const Instruction n = at(i);
    if (n.type != ElementType::f32) return false;
    for (auto [side, other] : {std::pair{n.b, n.a}, std::pair{n.a, n.b}}) {
      std::optional<std::vector<float>> list = numbers(side);
      if (!list || !std::all_of(list->begin(), list->end(), [](float x) { return std::isfinite(x); })) continue;
      to = std::move(*list);
      i = other;
      return true;
    }
    return false;
  }

  // The sums as floats: directly, or through types that hold them all. They are rounded to f32 once, wherever.
  bool is_sum(int i) const {
    constexpr ElementSet holds_sums = ElementType::f32 | ElementType::f64 | ElementType::i32 | ElementType::i64;
    if (at(i).type != ElementType::f32) return false;
    while (at(i).code == Opcode::cast && holds_sums.contains(at(i).type)) i = at(i).a;
    return at(i).code == Opcode::input && at(i).a == 0;
  }

  const Expression& e_;
  const std::vector<std::optional<Scalar>>& known_;
  const std::vector<IntegerSide>& sides_;
  size_t columns_;
  std::vector<std::pair<bool, float>> bounds_;  // outermost first: max or min, and the number
  Affine affine_{};
};

}  // namespace

std::optional<Affine> read_affine(const Expression& e, const std::vector<std::optional<Scalar>>& known,
                                  const std::vector<IntegerSide>& sides, int64_t columns) {
  return Reader(e, known, sides, columns).read();
}

}  // namespace tenon
