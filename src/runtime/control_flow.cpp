#include "runtime/control_flow.h"

#include <algorithm>
#include <cstring>

#include "base/memory.h"

namespace tenon {

namespace {

bool is_true(const ConstView& condition) {
  check(condition.count() == 1, "a condition is ", condition.extents, ", expected one element");
  return *condition.as<bool>();
}

int64_t bytes_of(const ConstView& view) { return checked_mul(view.count(), size_bytes(view.element)); }

// To where the plan wants result `i`, or into memory that is asked for now.
void give(const Call& call, int i, const ConstView& made) {
  const View& planned = call.out[size_t(i)];
  View to = planned.data ? planned : call.late->make(i, made.extents);
  check(to.extents == made.extents, "result ", i, " is ", made.extents, ", planned as ", to.extents);
  if (int64_t bytes = bytes_of(made)) std::memcpy(to.data, made.data, size_t(bytes));
}

// A body with the memory to run it; a run's results stay until the next.
class BodyRun {
 public:
  BodyRun(const SharedProgram& body, int threads) : context_(body, threads), ours_(body->outputs.size(), nullptr) {}
  void run(std::span<const ConstView> in) {
    set_shapes(in);
    addresses_.clear();
    for (const ConstView& v : in) addresses_.push_back(v.data);
    context_.run(addresses_, ours_);
  }
  void set_shapes(std::span<const ConstView> in) {
    extents_.clear();
    for (const ConstView& v : in) extents_.push_back(v.extents);
    context_.set_shapes(extents_);
  }
  ConstView result(int i) const { return context_.result(i); }
  std::optional<Extents> extents_of(int result) const { return context_.output_extents(result); }

 private:
  ProgramContext context_;
  std::vector<void*> ours_;  // no address for any result: the context keeps them
  std::vector<Extents> extents_;
  std::vector<const void*> addresses_;
};

class IfKernel final : public Kernel {
 public:
  IfKernel(SharedProgram then, SharedProgram otherwise) : branches_{std::move(otherwise), std::move(then)} {}

  struct State final : KernelState {
    std::unique_ptr<BodyRun> bodies[2];
  };
  std::unique_ptr<KernelState> make_state(int threads) const override {
    auto state = std::make_unique<State>();
    for (size_t i = 0; i < 2; ++i) state->bodies[i] = std::make_unique<BodyRun>(branches_[i], threads);
    return state;
  }

  void run(const Call& call) const override {
    auto& state = static_cast<State&>(*call.state);
    size_t taken = is_true(call.in[0]), thens = branches_[1]->inputs().size();
    const Program& branch = *branches_[taken];
    BodyRun& body = *state.bodies[taken];
    body.run(call.in.subspan(taken ? 1 : 1 + thens, branch.inputs().size()));
    for (int i = 0; i < int(branch.outputs.size()); ++i) give(call, i, body.result(i));
  }

 private:
  SharedProgram branches_[2];  // by the condition
};

// What all rounds make of one kept value, one behind the other.
struct Stack {
  std::shared_ptr<std::byte> memory;
  int64_t room = 0, used = 0, rounds = 0;
  Extents each;

  void push(const ConstView& value, const char* what) {
    if (rounds++ == 0) each = value.extents;
    check(value.extents == each, "'", what, "' is ", value.extents, " in round ", rounds - 1, ", it was ", each,
          "; what a loop stacks has one shape");
    int64_t bytes = bytes_of(value), wanted = checked_add(used, bytes);
    if (wanted > room) {
      std::shared_ptr<std::byte> larger = allocate_memory(checked_add(wanted, wanted / 2), what);
      if (used) std::memcpy(larger.get(), memory.get(), size_t(used));
      memory = std::move(larger), room = wanted + wanted / 2;
    }
    if (bytes) std::memcpy(memory.get() + used, value.data, size_t(bytes));
    used = wanted;
  }
};

class LoopKernel final : public Kernel {
 public:
  LoopKernel(SharedProgram body, int64_t states) : body_(std::move(body)), states_(size_t(states)) {}

  // Two runs take turns: one round reads what the other's round has made.
  struct State final : KernelState {
    std::unique_ptr<BodyRun> bodies[2];
    std::vector<ConstView> in;
    std::vector<Stack> stacks;
  };
  std::unique_ptr<KernelState> make_state(int threads) const override {
    auto state = std::make_unique<State>();
    for (auto& body : state->bodies) body = std::make_unique<BodyRun>(body_, threads);
    state->stacks.resize(body_->outputs.size() - 1 - states_);
    return state;
  }

  void run(const Call& call) const override {
    auto& state = static_cast<State&>(*call.state);
    check(call.in[0].count() == 1, "how often a loop runs at most is ", call.in[0].extents, ", expected one number");
    int64_t most = *call.in[0].as<int64_t>(), round = 0;
    bool go_on = is_true(call.in[1]);
    std::vector<ConstView>& in = state.in;
    in.assign(call.in.begin(), call.in.end());
    in[0].data = &round, in[1].data = &go_on;
    for (Stack& s : state.stacks) s.used = s.rounds = 0;
    for (; go_on && round < most; ++round) {
      BodyRun& body = *state.bodies[round % 2];
      body.run(in);
      for (size_t i = 0; i < states_; ++i) in[2 + i] = body.result(int(1 + i));
      for (size_t i = 0; i < state.stacks.size(); ++i) {
        size_t k = 1 + states_ + i;
        state.stacks[i].push(body.result(int(k)), body_->outputs[k].name.c_str());
      }
      go_on = is_true(body.result(0));
    }
    for (size_t i = 0; i < states_; ++i) give(call, int(i), in[2 + i]);
    for (size_t i = 0; i < state.stacks.size(); ++i) give_stack(call, state, i);
  }

 private:
  void give_stack(const Call& call, const State& state, size_t i) const {
    size_t k = 1 + states_ + i;
    const Stack& stack = state.stacks[i];
    Extents extents{stack.rounds}, each = stack.rounds ? stack.each : extents_of_none(state, int(k));
    for (int64_t d : each) extents.push(d);
    give(call, int(states_ + i), {stack.memory.get(), body_->outputs[k].type.element, extents});
  }

  // Of no round at all: as the first would have made it, where inference tells.
  Extents extents_of_none(const State& state, int k) const {
    state.bodies[0]->set_shapes(state.in);
    if (std::optional<Extents> known = state.bodies[0]->extents_of(k)) return *known;
    Extents none;
    for (const Dim& d : body_->outputs[size_t(k)].type.shape) none.push(d.known() ? d.value() : 0);
    return none;
  }

  SharedProgram body_;
  size_t states_;
};

}  // namespace

std::unique_ptr<Kernel> if_kernel(SharedProgram then, SharedProgram otherwise) {
  return std::make_unique<IfKernel>(std::move(then), std::move(otherwise));
}

std::unique_ptr<Kernel> loop_kernel(SharedProgram body, int64_t states) {
  return std::make_unique<LoopKernel>(std::move(body), states);
}

}  // namespace tenon
