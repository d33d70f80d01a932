// Compiling: actions become steps, each value a register until its last reader.
#include "kernels/cpu/pointwise_program.h"

#include <algorithm>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/pointwise_actions.h"

namespace tenon {

namespace {

constexpr int no_place = -1;

class Compiler {
 public:
  Compiler(const Expression& e, std::span<const std::optional<Scalar>> known)
      : e_(e),
        actions_(pointwise_actions(e, known)),
        last_reader_(actions_.size(), -1),
        place_(actions_.size(), no_place),
        constant_(actions_.size(), no_place) {
    for (int i = 0; i <= e.result; ++i)
      if (action(i).function)
        for (int operand : action(i).operands)
          if (operand >= 0) last_reader_[size_t(operand)] = i;
  }

  PointwiseProgram compile() {
    program_.result = type(e_.result);
    for (int i = 0; i <= e_.result; ++i)
      if (action(i).function) step(action(i), i);
    if (!action(e_.result).function) copy_result();
    program_.registers = int(free_at_.size());
    program_.register_bytes = pointwise_block * widest_ + 128;  // the odd lines keep registers apart in the cache
    return std::move(program_);
  }

 private:
  const PointwiseAction& action(int i) const { return actions_[size_t(i)]; }
  ElementType type(int i) const { return e_.list[size_t(i)].type; }

  void step(const PointwiseAction& action, int i) {
    PointwiseProgram::Step made;
    made.function = action.function;
    for (size_t k = 0; k < 3; ++k)
      if (action.operands[k] >= 0) made.from[k] = read(action.operands[k]);
    made.to = take(type(i));  // before operands are released: one that does not move is read often
    for (int operand : action.operands)
      if (operand >= 0 && last_reader_[size_t(operand)] == i && place_[size_t(operand)] != no_place)
        free_at_[size_t(place_[size_t(operand)])] = true;
    place_[size_t(i)] = made.to;
    program_.steps.push_back(made);
    program_.element_ns += action.element_ns;
    ++program_.calls;
  }

  void copy_result() {  // an input, or a number
    PointwiseAction copy;
    copy.function = by_isa(pointwise_function<4>, pointwise_function<8>, pointwise_function<16>)(
        Opcode::input, program_.result, program_.result);
    copy.operands[0] = e_.result;
    step(copy, e_.result);
  }

  int read(int i) {  // where a step finds value i
    if (action(i).known) return ~constant(i);
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
      for (int k = 0; k < pointwise_group; ++k) store_scalar(to + k * size_bytes(type(i)), type(i), *action(i).known);
    }
    return at;
  }

  int take(ElementType t) {
    widest_ = std::max(widest_, size_bytes(t));
    auto it = std::find(free_at_.begin(), free_at_.end(), true);
    if (it == free_at_.end()) it = free_at_.insert(it, true);
    *it = false;
    return int(it - free_at_.begin());
  }

  const Expression& e_;
  std::vector<PointwiseAction> actions_;
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
