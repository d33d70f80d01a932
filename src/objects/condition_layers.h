// One of two parts of the network runs: their border, and the whole that stands for it.
#pragma once
#include "objects/layer.h"

namespace tenon {
class Graph;
using Body = std::shared_ptr<const Graph>;
}  // namespace tenon

namespace tenon::objects {

struct Conditional;

// At the border of a conditional: whoever changes it changes the whole.
struct TENON_OBJECT ConditionalBoundaryLayer : Layer {
  Conditional& of;
  ConditionalBoundaryLayer(Network& n, Conditional& c, LayerType t, int32_t most) : Layer(n, t, most), of(c) {}
  Conditional* conditional() const { return &of; }
  void changed() override;
  void rewired() override;
};

struct TENON_OBJECT ConditionLayer final : ConditionalBoundaryLayer {
  ConditionLayer(Network& n, Conditional& c) : ConditionalBoundaryLayer(n, c, LayerType::condition, 1) {}
  int outputs_made() const override { return 0; }
};

// What the branches read. What they read from outside without it is computed whichever branch runs.
struct TENON_OBJECT ConditionalInputLayer final : ConditionalBoundaryLayer {
  ConditionalInputLayer(Network& n, Conditional& c) : ConditionalBoundaryLayer(n, c, LayerType::conditional_input, 1) {}
  Values build(Draft& draft) const override;
};

// Input 0 where the condition is true, else input 1; they may differ in their extents.
struct TENON_OBJECT ConditionalOutputLayer final : ConditionalBoundaryLayer {
  size_t place;  // among the conditional's outputs
  ConditionalOutputLayer(Network& n, Conditional& c, size_t p)
      : ConditionalBoundaryLayer(n, c, LayerType::conditional_output, 2), place(p) {}
  std::vector<Tensor*> needs() const override;
  Values build(Draft& draft) const override;
};

// One node for all of a conditional's outputs. No program sees it.
struct IfLayer final : Layer {
  Conditional& of;
  IfLayer(Network& n, Conditional& c) : Layer(n, LayerType::conditional_output), of(c) {}
  std::vector<Tensor*> needs() const override;
  Values build(Draft& draft) const override;

 private:
  Body branch(Draft& draft, int input, Values& captured) const;
};

struct TENON_OBJECT Conditional final : Object {
  Network& network;
  ConditionLayer* condition = nullptr;
  std::vector<ConditionalInputLayer*> inputs;
  std::vector<ConditionalOutputLayer*> outputs;
  IfLayer whole;

  Conditional(Network& n, size_t number);
  ConditionLayer* set_condition(Tensor& tensor);
  ConditionalInputLayer* add_input(Tensor& tensor);
  ConditionalOutputLayer* add_output(Tensor& if_true, Tensor& if_false);
};

}  // namespace tenon::objects
