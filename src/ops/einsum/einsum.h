// Einstein's sums: products of elements that agree on named axes, summed over the names that the result lacks (ONNX
// Einsum 12; IEinsumLayer). A name is a number from 0; one that occurs twice in an operand takes its diagonal.
#pragma once
#include "ir/op.h"

namespace tenon {

struct Einsum final : Op {
  OP_TYPE
  std::vector<int64_t> operands;  // the names of every operand's axes, -1 between operands
  std::vector<int64_t> result;
  void fields(FieldVisitor& v) override {
    v("operands", operands, {});
    v("result", result, {});
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;

 private:
  std::vector<std::vector<int64_t>> names() const;
};

}  // namespace tenon
