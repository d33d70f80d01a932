// A part of the network that runs repeatedly: its border, and the whole that stands for it.
#pragma once
#include "objects/layer.h"

namespace tenon::objects {

struct Loop;

// At the border of a loop: whoever changes it changes the whole.
struct TENON_OBJECT LoopBoundaryLayer : Layer {
  objects::Loop& of;
  LoopBoundaryLayer(Network& n, objects::Loop& l, LayerType t, int32_t most) : Layer(n, t, most), of(l) {}
  objects::Loop* loop() const { return &of; }
  void changed() override;
  void rewired() override;
};

// How many rounds at most; or a condition, true as long as another round follows, which recurrences alone decide.
struct TENON_OBJECT TripLimitLayer final : LoopBoundaryLayer {
  TripLimit limit;
  TripLimitLayer(Network& n, objects::Loop& l, TripLimit t)
      : LoopBoundaryLayer(n, l, LayerType::trip_limit, 1), limit(t) {}
  int outputs_made() const override { return 0; }
};

// Input 0 in the first round, in each other what input 1 was in the one before. An extent may change from round to
// round.
struct TENON_OBJECT RecurrenceLayer final : LoopBoundaryLayer {
  std::vector<bool> moving;  // by axis: known in the round alone
  RecurrenceLayer(Network& n, objects::Loop& l) : LoopBoundaryLayer(n, l, LayerType::recurrence, 2) {}
  std::vector<Tensor*> needs() const override;
  Values build(Draft& draft) const override;
};

// Slice after slice of input 0 along the axis; the last one first if reversed.
struct TENON_OBJECT IteratorLayer final : LoopBoundaryLayer {
  int32_t axis;
  bool reverse;
  IteratorLayer(Network& n, objects::Loop& l, int32_t a, bool r)
      : LoopBoundaryLayer(n, l, LayerType::iterator, 1), axis(a), reverse(r) {}
  Values build(Draft& draft) const override;
};

// The last value of a recurrence; or input 0 of all rounds along a new axis, in order or from the end, as many as input
// 1 says: zeros where there are fewer rounds, and more of them end the run.
struct TENON_OBJECT LoopOutputLayer final : LoopBoundaryLayer {
  LoopOutput kind;
  int32_t axis;
  size_t place;  // among the loop's outputs
  LoopOutputLayer(Network& n, objects::Loop& l, LoopOutput k, int32_t a, size_t p)
      : LoopBoundaryLayer(n, l, LayerType::loop_output, 2), kind(k), axis(a), place(p) {}
  std::vector<Tensor*> needs() const override;
  Values build(Draft& draft) const override;

 private:
  tenon::Value& as_long_as_asked(Draft& draft, tenon::Value& stacked) const;
};

// One node for all of a loop's outputs. No program sees it.
struct LoopLayer final : Layer {
  objects::Loop& of;
  LoopLayer(Network& n, objects::Loop& l) : Layer(n, LayerType::loop_output), of(l) {}
  std::vector<Tensor*> needs() const override;
  Values build(Draft& draft) const override;
};

struct TENON_OBJECT Loop final : Object {
  Network& network;
  std::vector<RecurrenceLayer*> recurrences;
  std::vector<TripLimitLayer*> limits;
  std::vector<IteratorLayer*> iterators;
  std::vector<LoopOutputLayer*> outputs;
  LoopLayer whole;

  explicit Loop(Network& n, size_t number);
  RecurrenceLayer* add_recurrence(Tensor& first);
  TripLimitLayer* add_trip_limit(Tensor& tensor, TripLimit limit);
  IteratorLayer* add_iterator(Tensor& tensor, int32_t axis, bool reverse);
  LoopOutputLayer* add_loop_output(Tensor& tensor, LoopOutput kind, int32_t axis);
};

}  // namespace tenon::objects
