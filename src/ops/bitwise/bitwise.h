// The family of operations on the bits of integers, with broadcasting: one table row per function, see bitwise.cpp.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Bitwise final : Op {
  int row;
  explicit Bitwise(std::string_view name) : row(find_op(name).row) {}
  explicit Bitwise(int r) : row(r) {}
  const OpInfo& info() const override;
  std::unique_ptr<Op> clone() const override { return std::make_unique<Bitwise>(*this); }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
};

}  // namespace tenon
