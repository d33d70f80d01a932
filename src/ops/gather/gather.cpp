#include "ops/gather/gather.h"

#include <cstring>

namespace tenon {

OP(Gather, gather)

Types Gather::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(1, ElementType::i64 | ElementType::i32, "the indices");
  long along = axis_of(axis, in[0].rank());
  const Shape& x = in[0].shape;
  TensorType y{in[0].element, {x.begin(), x.begin() + along}};
  y.shape.insert(y.shape.end(), in[1].shape.begin(), in[1].shape.end());
  y.shape.insert(y.shape.end(), x.begin() + along + 1, x.end());
  return {y};
}

std::optional<Contents> Gather::contents(const Inputs& in) const {
  const Contents *x = in.contents(0), *indices = in.contents(1);
  if (!x || !indices || in[0].rank() != 1) return {};
  Contents y;
  for (const Dim& i : *indices) {
    if (!i.known()) return {};
    int64_t at = i.value() < 0 ? i.value() + int64_t(x->size()) : i.value();
    if (at < 0 || at >= int64_t(x->size())) return {};  // the kernel refuses it, should it ever run
    y.push_back((*x)[size_t(at)]);
  }
  return y;
}

void Gather::evaluate(ConstViews in, Views out) const {
  const ConstView &x = in[0], &indices = in[1];
  int along = axis_of(axis, x.rank());
  int64_t outer = x.extents.count_between(0, along), extent = x[along], count = indices.count();
  int64_t row_bytes = x.extents.count_between(along + 1, x.rank()) * size_bytes(x.element);
  std::byte* to = out[0].as<std::byte>();
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < count; ++i, to += row_bytes) {
      int64_t index = load_scalar(indices.as<std::byte>() + i * size_bytes(indices.element), indices.element).i;
      check(-extent <= index && index < extent, "index ", index, " at position ", i, " is out of range for extent ",
            extent);
      if (index < 0) index += extent;
      if (row_bytes > 0) std::memcpy(to, x.as<std::byte>() + (o * extent + index) * row_bytes, size_t(row_bytes));
    }
}

}  // namespace tenon
