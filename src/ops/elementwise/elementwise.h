// The family y = f(a, b) with broadcasting: one table row per function, see elementwise.cpp.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Elementwise final : Op {
  int row;
  explicit Elementwise(std::string_view name) : row(find_op(name).row) {}
  explicit Elementwise(int r) : row(r) {}
  const OpInfo& info() const override;
  std::unique_ptr<Op> clone() const override { return std::make_unique<Elementwise>(*this); }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  std::optional<Term> pointwise(Terms in) const override;
};

}  // namespace tenon
