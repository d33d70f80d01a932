#include "ops/pointwise.h"

#include "ops/known.h"

namespace tenon {

Shape broadcast_all(const Inputs& in) {
  Shape shape = in[0].shape;
  for (int i = 1; i < in.size(); ++i) shape = broadcast(shape, in[i].shape);
  return shape;
}

void evaluate_pointwise(const Op& op, ConstViews in, View out) {
  check_extents(op, in, {&out, 1});
  Expression e;
  std::vector<Term> terms;
  for (size_t i = 0; i < in.size(); ++i) terms.push_back(input(e, int(i), in[i].element));
  e.result = op.pointwise(terms)->index;
  std::array<Extents, 4> strides;
  check(in.size() <= strides.size(), ErrorId::internal, "a pointwise op has more than 4 operands");
  for (size_t i = 0; i < in.size(); ++i) strides[i] = broadcast_strides(in[i].extents, out.extents);
  for (size_t i = in.size(); i < strides.size(); ++i) strides[i] = broadcast_strides({}, out.extents);
  Walk<4> walk(out.extents, strides);
  std::array<Scalar, 4> operands{};
  int64_t bytes = size_bytes(out.element), count = out.count();
  for (int64_t i = 0; i < count; ++i, walk.next()) {
    for (size_t k = 0; k < in.size(); ++k)
      operands[k] = load_scalar(in[k].as<std::byte>() + walk.offset(int(k)) * size_bytes(in[k].element), in[k].element);
    store_scalar(out.as<std::byte>() + i * bytes, out.element, evaluate(e, std::span(operands.data(), in.size())));
  }
}

}  // namespace tenon
