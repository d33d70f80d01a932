// y = exp(x - max x) / sum exp(x - max x), along `axis` (ONNX Softmax 13; LogSoftmax with `log`).
#pragma once
#include "ir/op.h"

namespace tenon {

struct Softmax final : Op {
  OP_TYPE
  int64_t axis = -1;
  bool log = false;
  Softmax() = default;
  explicit Softmax(int64_t a, bool l = false) : axis(a), log(l) {}
  void fields(FieldVisitor& v) override {
    v("axis", axis);
    v("log", log, false);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews, Views out) const override { return 20 * double(out[0].count()); }
};

}  // namespace tenon
