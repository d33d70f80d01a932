#pragma once
#include "ir/op.h"

namespace tenon {

// y[i] = x[start + i * stride] for i up to size, along each of `axes`, also where that lies beyond x: ISliceLayer.
enum class Beyond { refuse, wrap, clamp, fill, reflect };  // reflect: about the outermost element
// Operands: x, start, size, stride, a number for each of the axes, and with `fill` maybe the number found beyond, else
// 0. A stride may be negative, or 0: the same element again.
struct Section final : Op {
  OP_TYPE
  Beyond beyond = Beyond::refuse;
  std::vector<int64_t> axes;  // all if none are listed

  void fields(FieldVisitor& v) override {
    static const char* const names[] = {"refuse", "wrap", "clamp", "fill", "reflect"};
    v("beyond", beyond, names);
    v("axes", axes, {});
  }
  Types infer(const Inputs& in) const override;
  std::optional<Contents> contents(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;

 private:
  std::vector<int> listed(const Inputs& in) const;
};

}  // namespace tenon
