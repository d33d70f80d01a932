// Numbers that are known when the network is built.
#pragma once
#include "ir/node.h"

namespace tenon {

struct Constant final : Op {
  OP_TYPE
  Weights data;
  Constant() = default;
  explicit Constant(Weights w) : data(std::move(w)) {}
  void fields(FieldVisitor& v) override { v("data", data); }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

// The weights of a value that a Constant makes, or null.
Weights constant_of(const Value& value);

}  // namespace tenon
