// The inputs of many steps at a time by packed weights, then step by step the state's product and the gates.
#include <algorithm>
#include <cmath>

#include "ops/constant/constant.h"
#include "ops/recurrence/run_cpu.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

const float* floats_in(ConstViews in, int i) { return i < 0 ? nullptr : in[size_t(i)].as<float>(); }

// Weights are packed once where they are constant, and then no operands; else at every run.
class RecurrenceSteps final : public Kernel {
 public:
  RecurrenceSteps(const Node& node, const Target& target, bool constant)
      : op_(*as<Recurrence>(node)), width_(recurrence_width()), at_(op_) {
    if (!constant) return;
    auto numbers = [&](int i) { return i < 0 ? nullptr : constant_of(node.input(i))->view().as<float>(); };
    Extents w = constant_of(node.input(1))->extents, r = constant_of(node.input(2))->extents;
    RecurrenceExtents e(op_, {0, 0, w[2]}, {0, 0, 0, r[2]});
    inputs_ = e.inputs;
    RecurrencePack pack(op_, e, width_.lanes);
    View view;
    packed_ = make_weights(target, ElementType::f32, {e.directions * pack.size}, view);
    pack.pack(e, {numbers(1), numbers(2), numbers(at_.bias), numbers(at_.peepholes)}, view.as<float>());
    auto all = [&](int i, auto is) {
      const float* list = numbers(i);
      return std::all_of(list, list + constant_of(node.input(i))->extents.count(), is);
    };
    bool zero =
        at_.hidden < 0 || (constant_of(node.input(at_.hidden)) && all(at_.hidden, [](float v) { return v == 0; }));
    from_nothing_ = zero && all(2, [](float v) { return std::isfinite(v); });
    int next = 1;  // operands that are left close up
    for (int* place : {&at_.lengths, &at_.hidden, &at_.cell})
      if (*place >= 0) *place = next++;
  }

  int64_t scratch_bytes(ConstViews in, Views out) const override {
    RecurrenceExtents e(op_, in[0].extents, out[0].extents);
    RecurrenceRun run(op_, e, width_, {}, nullptr);
    return run.scratch_bytes() + (packed_ ? 0 : e.directions * run.pack().size * int64_t(sizeof(float)));
  }

  void run(const Call& call) const override {
    RecurrenceExtents e(op_, call.in[0].extents, call.out[0].extents);
    check_extents(call, e);
    RecurrenceMemory memory{floats_in(call.in, 0),
                            floats_in(call.in, at_.hidden),
                            floats_in(call.in, at_.cell),
                            at_.lengths < 0 ? nullptr : &call.in[size_t(at_.lengths)],
                            call.out[0].as<float>(),
                            call.out[1].as<float>(),
                            call.out.size() > 2 ? call.out[2].as<float>() : nullptr};
    RecurrenceRun run(op_, e, width_, memory, call.scratch);
    if (!packed_)
      run.pack().pack(e,
                      {floats_in(call.in, 1), floats_in(call.in, 2), floats_in(call.in, at_.bias),
                       floats_in(call.in, at_.peepholes)},
                      run.room_for_weights());
    run.run(packed_ ? packed_->view().as<float>() : run.room_for_weights(), from_nothing_, call.workers);
  }

 private:
  // What inference could not see of symbols.
  void check_extents(const Call& call, const RecurrenceExtents& e) const {
    auto wants = [&](int i, const char* what, int64_t count) {
      if (i < 0) return;
      check(call.in[size_t(i)].count() == count, what, " has extents ", call.in[size_t(i)].extents, ", expected ",
            count, " numbers for x with extents ", call.in[0].extents);
    };
    int64_t units = e.directions * e.gates * e.hidden, states = e.directions * e.batch * e.hidden;
    if (packed_) check(e.inputs == inputs_, "x has ", e.inputs, " inputs, the weights ", inputs_);
    wants(at_.lengths, "the list of lengths", e.batch);
    wants(at_.hidden, "the initial hidden state", states);
    wants(at_.cell, "the initial cell state", states);
    if (packed_) return;
    wants(1, "w", units * e.inputs);
    wants(2, "r", units * e.hidden);
    wants(at_.bias, "the bias", 2 * units);
    wants(at_.peepholes, "the list of peepholes", 3 * e.directions * e.hidden);
  }

  Recurrence op_;
  const RecurrenceWidth& width_;
  RecurrenceOperands at_;
  Weights packed_;  // null: at run time
  int64_t inputs_ = 0;
  bool from_nothing_ = false;
};

std::vector<int> weights_in(const Recurrence& op) {
  RecurrenceOperands at(op);
  std::vector<int> places{1, 2};
  for (int i : {at.bias, at.peepholes})
    if (i >= 0) places.push_back(i);
  return places;
}

bool is_constant(const Node& node) {
  for (int i : weights_in(*as<Recurrence>(node)))
    if (!constant_of(node.input(i))) return false;
  return true;
}

std::string fit(const Node& node, const Target& target, Offer& offer) {
  if (node.input(0).element() != ElementType::f32) return concat("x has elements of type ", node.input(0).element());
  if (is_constant(node)) {
    std::vector<Operand> kept;
    std::vector<int> packed = weights_in(*as<Recurrence>(node));
    for (int i = 0; i < node.input_count(); ++i)
      if (std::find(packed.begin(), packed.end(), i) == packed.end()) kept.push_back(offer.operands[size_t(i)]);
    offer.operands = std::move(kept);
  }
  TypicalViews views = typical_views(node, target);
  price(offer, target, node.op().work(views.in, views.out));
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) {
  const Node& node = offer.region.root();
  return std::make_unique<RecurrenceSteps>(node, target, is_constant(node));
}

constexpr NodeKernel kernels[] = {{"recurrence.steps", fit, prepare}};

}  // namespace

extern const NodeKernels recurrence_cpu;
const NodeKernels recurrence_cpu = kernels;

}  // namespace tenon
