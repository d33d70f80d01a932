// For operators with graphs within: how their operands meet a body's inputs, and which extents no type tells.
#pragma once
#include <set>

#include "base/function_ref.h"
#include "ir/graph.h"

namespace tenon {

using NextLate = FunctionRef<Dim()>;  // a symbol for an extent that a run finds out

class BodyTypes {
 public:
  // Symbols that the operands' types and contents hold are known outside.
  BodyTypes(const Inputs& in);

  // Refuses operand `i` where the body's input is of another element, rank or known extent.
  void check_operand(int i, const Node& input) const;
  bool known_outside(const Dim& d) const;
  // The type that results of types a and b have outside: extents that differ or are not known there are late.
  TensorType joined(const TensorType& a, const TensorType& b, NextLate next) const;

 private:
  const Inputs& in_;
  std::set<std::string> outside_;
};

// Takes them from an op's field, in order; refuses when there are none left.
class LateSymbols {
 public:
  explicit LateSymbols(const Shape& field) : field_(field) {}
  Dim operator()() {
    check(at_ < field_.size(), ErrorId::text_malformed, "has ", field_.size(), " late extents, more are needed");
    return field_[at_++];
  }
  void finish() const {
    check(at_ == field_.size(), ErrorId::text_malformed, "has ", field_.size(), " late extents, needs ", at_);
  }

 private:
  const Shape& field_;
  size_t at_ = 0;
};

}  // namespace tenon
