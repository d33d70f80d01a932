#include "regions/integer/affine.h"

#include <algorithm>
#include <cmath>

namespace tenon {

namespace {

// What quantizing divides by, its bounds and zero point, and which instruction it divides.
struct Quotient {
  int dividend;
  float scale, low, high;
  int32_t zero;
  bool is_signed;  // the byte
};

// (byte - zero) * scale
struct Dequantized {
  int byte;  // the instruction
  int32_t zero;
  float scale;
  bool is_signed;
};

class Reader {
 public:
  Reader(const Expression& e, const std::vector<std::optional<Scalar>>& known, const std::vector<IntegerSide>& sides,
         int64_t columns)
      : e_(e), known_(known), sides_(sides), columns_(size_t(columns)) {}

  std::optional<Affine> read() const {
    std::optional<Quotient> q = read_quotient(e_.result);
    if (!q) return {};
    if (std::optional<Affine> sums = read_sums(*q)) return sums;
    return at(q->dividend).code == Opcode::add ? read_add(*q) : std::nullopt;
  }

 private:
  const Instruction& at(int i) const { return e_.list[size_t(i)]; }
  bool is_byte(int i) const { return at(i).type == ElementType::u8 || at(i).type == ElementType::i8; }

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

  // As Quantize writes it, with bounds of what is divided: dividing and rounding keep order, so a bound of x is one of
  // the rounded quotient.
  std::optional<Quotient> read_quotient(int i) const {
    if (at(i).code != Opcode::cast || !is_byte(i)) return {};
    int asked = -1, x = at(i).a;
    if (at(x).code == Opcode::select) {
      const Instruction& nan = at(at(x).a);
      if (nan.code != Opcode::is_nan) return {};
      asked = nan.a;
      x = at(x).c;
    }
    std::optional<double> most, least, zero;
    if (at(x).code != Opcode::min || !(most = with_number(at(x), x))) return {};
    if (at(x).code != Opcode::max || !(least = with_number(at(x), x))) return {};
    if (at(x).code != Opcode::add || !(zero = with_number(at(x), x))) return {};
    if (at(x).code != Opcode::round || (asked >= 0 && at(x).a != asked)) return {};
    const Instruction& quotient = at(at(x).a);
    if (quotient.code != Opcode::div || quotient.type != ElementType::f32) return {};
    std::optional<double> scale = number(quotient.b);
    if (!scale || !(*scale > 0) || !std::isfinite(*scale)) return {};
    Quotient q{quotient.a,           float(*scale),  float(*least - *zero),
               float(*most - *zero), int32_t(*zero), at(i).type == ElementType::i8};
    return bounded(q) ? std::optional(q) : std::nullopt;
  }

  bool bounded(Quotient& q) const {
    std::vector<std::pair<bool, float>> bounds;  // outermost first: max or min, and the number
    while (at(q.dividend).code == Opcode::max || at(q.dividend).code == Opcode::min) {
      const Instruction& n = at(q.dividend);
      std::optional<double> bound = with_number(n, q.dividend);
      if (!bound || !std::isfinite(*bound) || n.type != ElementType::f32) return false;
      bounds.push_back({n.code == Opcode::max, float(*bound)});
    }
    float low = -INFINITY, high = INFINITY, least = q.low, most = q.high;
    for (auto b = bounds.rbegin(); b != bounds.rend(); ++b) {
      low = b->first ? std::max(low, b->second) : std::min(low, b->second);
      high = b->first ? std::max(high, b->second) : std::min(high, b->second);
    }
    q.low = std::clamp(std::nearbyint(low / q.scale), least, most);
    q.high = std::clamp(std::nearbyint(high / q.scale), least, most);
    return true;
  }

  // Down to the sums: a shift, a factor, casts that change nothing.
  std::optional<Affine> read_sums(const Quotient& q) const {
    Affine a;
    a.scale = q.scale, a.low = q.low, a.high = q.high, a.zero = q.zero, a.is_signed = q.is_signed;
    a.factor.assign(columns_, 1), a.shift.assign(columns_, 0);
    int i = q.dividend;
    if (at(i).code == Opcode::add && !take(i, a.shift)) return {};
    if (at(i).code == Opcode::mul && !take(i, a.factor)) return {};
    return is_sum(i) ? std::optional(a) : std::nullopt;
  }

  bool take(int& i, std::vector<float>& to) const {
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

  // As Dequantize writes it.
  std::optional<Dequantized> read_dequantized(int i) const {
    int x = i;
    std::optional<double> scale, zero = 0;
    if (at(x).code != Opcode::mul || at(x).type != ElementType::f32 || !(scale = with_number(at(x), x))) return {};
    if (at(x).code == Opcode::sub) {
      zero = number(at(x).b);
      x = at(x).a;
    }
    if (!zero || !std::isfinite(*scale) || at(x).code != Opcode::cast || at(x).type != ElementType::f32) return {};
    x = at(x).a;
    if (!is_byte(x) || std::abs(*zero) > 255) return {};
    return Dequantized{x, int32_t(*zero), float(*scale), at(x).type == ElementType::i8};
  }

  // Bytes made of sums, and others, dequantized and added.
  std::optional<Affine> read_add(const Quotient& q) const {
    std::optional<Dequantized> a = read_dequantized(at(q.dividend).a), b = read_dequantized(at(q.dividend).b);
    if (!a || !b) return {};
    if (at(a->byte).code == Opcode::input) std::swap(a, b);
    const Instruction& other = at(b->byte);
    if (other.code != Opcode::input || other.a == 0 || known_[size_t(other.a)] || sides_[size_t(other.a - 1)].columns)
      return {};
    std::optional<Quotient> first = read_quotient(a->byte);
    std::optional<Affine> affine = first ? read_sums(*first) : std::nullopt;
    if (!affine) return {};
    ByteAdd add{a->zero, b->zero, a->scale, b->scale, a->is_signed, b->is_signed,
                q.scale, q.low,   q.high,   q.zero,   q.is_signed,  false,
                0,       0,       0,        0};
    add.set_near();
    affine->add = add;
    affine->side = other.a - 1;
    return affine;
  }

  const Expression& e_;
  const std::vector<std::optional<Scalar>>& known_;
  const std::vector<IntegerSide>& sides_;
  size_t columns_;
};

}  // namespace

std::optional<Affine> read_affine(const Expression& e, const std::vector<std::optional<Scalar>>& known,
                                  const std::vector<IntegerSide>& sides, int64_t columns) {
  return Reader(e, known, sides, columns).read();
}

}  // namespace tenon
