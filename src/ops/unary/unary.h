// The family y = f(x), element by element, with up to two parameters: one table row per function, see unary.cpp.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Unary final : Op {
  int row;
  double alpha, beta;  // what the row says they mean
  explicit Unary(std::string_view name) : Unary(find_op(name).row) {}
  Unary(std::string_view name, double a, double b = 0) : Unary(find_op(name).row) { alpha = a, beta = b; }
  explicit Unary(int row);
  const OpInfo& info() const override;
  std::unique_ptr<Op> clone() const override { return std::make_unique<Unary>(*this); }
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  std::optional<Term> pointwise(Terms in) const override;
};

}  // namespace tenon
