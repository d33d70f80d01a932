// The best boxes of each class that do not overlap better ones much (ONNX NonMaxSuppression 11; INMSLayer).
#pragma once
#include "ir/op.h"

namespace tenon {

// Operands: boxes [B,N,4], or [B,C,N,4] of each class; scores [B,C,N]; how many to take of each class at most, none
// where below 1; from which overlap on (intersection over union, 0 to 1) a box is left out, itself excluded; and, if it
// is there, the score that a box must exceed. Result: i64[count, 3], each a batch, a class and a box, the best of a
// class first; of equal ones the first in front. A score that is NaN exceeds nothing and comes last.
struct Nms final : Op {
  OP_TYPE
  bool center = false;    // boxes are x and y of the center, width, height; otherwise y and x of two opposite corners
  bool by_score = false;  // results of a batch go by their scores, else class by class
  int64_t limit = 0;      // of all boxes and classes of a batch, so many with the best scores are looked at; 0: all
  Shape count;            // the symbol of that extent, alone
  Nms() = default;
  Nms(bool c, std::string symbol) : center(c), count{Dim::symbol(std::move(symbol))} {}
  void fields(FieldVisitor& v) override {
    v("center", center, false);
    v("by_score", by_score, false);
    v("limit", limit, int64_t(0));
    v("count", count);
  }
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  Late late() const override { return Late::extents; }
  void evaluate_late(ConstViews in, LateResults& out) const override;
  double work(ConstViews in, Views out) const override;
};

}  // namespace tenon
