// Compiling: live instructions become steps, each value a register until its last reader.
#include "kernels/cpu/pointwise_program.h"

#include <algorithm>

#include "kernels/cpu/isa.h"

namespace tenon {

namespace {

constexpr int no_place = -1;

std::array<int, 3> operands_of(const Instruction& at) {
  if (at.code == Opcode::input || at.code == Opcode::number) return {-1, -1, -1};
  return {at.a, at.b, at.c};
}

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
  return .01 * double(std::max(size_bytes(type), size_bytes(to)));
}

class Compiler {
 public:
  Compiler(const Expression& e, std::span<const std::optional<Scalar>> known) : e_(e), known_(e.list.size()) {
    fold(known);
    find_last_readers();
  }

  PointwiseProgram compile() {
    program_.result = type(e_.result);
    place_.assign(e_.list.size(), no_place);
    constant_.assign(e_.list.size(), no_place);
    for (int i = 0; i < e_.result; ++i)
      if (last_reader_[size_t(i)] > i && !known_[size_t(i)] && e_.list[size_t(i)].code != Opcode::input) step(i);
    const Instruction& last = e_.list[size_t(e_.result)];
    if (known_[size_t(e_.result)] || last.code == Opcode::input) copy_result();
    else step(e_.result);
    program_.calls =
        int(std::count_if(program_.steps.begin(), program_.steps.end(), [](const auto& s) { return s.function; }));
    program_.registers = int(free_at_.size());
    program_.register_bytes = pointwise_block * widest_ + 128;  // the odd lines keep registers apart in the cache
    return std::move(program_);
  }

 private:
  ElementType type(int i) const { return e_.list[size_t(i)].type; }

  void fold(std::span<const std::optional<Scalar>> known) {
    for (size_t i = 0; i < e_.list.size(); ++i) {
      const Instruction& at = e_.list[i];
      if (at.code == Opcode::input) known_[i] = known[size_t(at.a)];
      else if (at.code == Opcode::number) {
        Scalar s{};
        s.f = at.number;
        known_[i] = cast_scalar(s, ElementType::f64, at.type);
      } else {
        std::array<Scalar, 3> value{};
        bool all = true;
        std::array<int, 3> operands = operands_of(at);
        for (size_t k = 0; k < 3; ++k) {
          if (operands[k] < 0) continue;
          all = all && known_[size_t(operands[k])];
          if (all) value[k] = *known_[size_t(operands[k])];
        }
        if (all) known_[i] = apply(at, type(at.a), value[0], value[1], value[2]);
      }
    }
  }

  void find_last_readers() {
    last_reader_.assign(e_.list.size(), -1);
    last_reader_[size_t(e_.result)] = int(e_.list.size());
    for (int i = e_.result; i >= 0; --i) {
      if (last_reader_[size_t(i)] < 0 || known_[size_t(i)]) continue;
      for (int operand : operands_of(e_.list[size_t(i)]))
        if (operand >= 0) last_reader_[size_t(operand)] = std::max(last_reader_[size_t(operand)], i);
    }
  }

  int take(ElementType t) {
    widest_ = std::max(widest_, size_bytes(t));
    auto it = std::find(free_at_.begin(), free_at_.end(), true);
    if (it == free_at_.end()) it = free_at_.insert(it, true);
    *it = false;
    return int(it - free_at_.begin());
  }

  int read(int i) {  // where a step finds value i
    if (known_[size_t(i)]) return ~constant(i);
    if (place_[size_t(i)] == no_place) {  // an input, when it is first read
      place_[size_t(i)] = take(type(i));
      program_.steps.push_back({nullptr, e_.list[size_t(i)].a, place_[size_t(i)]});
    }
    return place_[size_t(i)];
  }

  int constant(int i) {
    int& at = constant_[size_t(i)];
    if (at == no_place) {
      at = int(program_.constants.size());
      std::byte* to = program_.constants.emplace_back().bytes;
      for (int k = 0; k < pointwise_group; ++k) store_scalar(to + k * size_bytes(type(i)), type(i), *known_[size_t(i)]);
    }
    return at;
  }

  bool has_short_power(const Instruction& at) const {  // see power() of floats
    if (at.code != Opcode::pow || at.type != ElementType::f32 || !known_[size_t(at.b)]) return false;
    double exponent = known_[size_t(at.b)]->f;
    return exponent == 2 || exponent == 3 || exponent == -1;
  }

  void step(int i) {
    const Instruction& at = e_.list[size_t(i)];
    PointwiseProgram::Step made;
    made.function = function(at.code, type(at.a), at.type);
    program_.element_ns += has_short_power(at) ? .03 : element_ns(at.code, type(at.a), at.type);
    std::array<int, 3> operands = operands_of(at);
    for (size_t k = 0; k < 3; ++k)
      if (operands[k] >= 0) made.from[k] = read(operands[k]);
    made.to = place_[size_t(i)] = take(at.type);  // before operands are released: one that does not move is read often
    for (int operand : operands)
      if (operand >= 0 && last_reader_[size_t(operand)] == i && place_[size_t(operand)] != no_place)
        free_at_[size_t(place_[size_t(operand)])] = true;
    program_.steps.push_back(made);
  }

  void copy_result() {
    PointwiseProgram::Step made;
    made.function = function(Opcode::input, program_.result, program_.result);
    made.from[0] = read(e_.result);
    made.to = take(program_.result);
    program_.steps.push_back(made);
  }

  static PointwiseFunction function(Opcode code, ElementType from, ElementType to) {
    return by_isa(pointwise_function<4>, pointwise_function<8>, pointwise_function<16>)(code, from, to);
  }

  const Expression& e_;
  std::vector<std::optional<Scalar>> known_;
  std::vector<int> last_reader_, place_, constant_;
  std::vector<bool> free_at_;
  int64_t widest_ = 1;
  PointwiseProgram program_;
};

}  // namespace

PointwiseProgram compile_pointwise(const Expression& e, std::span<const std::optional<Scalar>> known) {
  return Compiler(e, known).compile();
}

}  // namespace tenon
