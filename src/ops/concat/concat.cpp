#include "ops/concat/concat.h"

#include <cstring>

#include "ops/known.h"

namespace tenon {

OP(Concat, concat)

Types Concat::infer(const Inputs& in) const {
  check(in.size() >= 1, "takes at least one operand");
  TensorType y = in[0];
  size_t along = size_t(axis_of(axis, y.rank()));
  for (int i = 1; i < in.size(); ++i) {
    in.check_same_element(0, i);
    check(in[i].rank() == y.rank(), "operand ", i, " is ", in[i], ", operand 0 is ", in[0]);
    for (size_t d = 0; d < y.shape.size(); ++d) {
      const Dim& other = in[i].shape[d];
      if (d == along) y.shape[d] = y.shape[d] + other;
      else if (!y.shape[d].known() && other.known()) y.shape[d] = other;
      else
        check(!other.known() || y.shape[d] == other, "operand ", i, " is ", in[i], ", operand 0 is ", in[0],
              ": they differ on axis ", d);
    }
  }
  return {y};
}

std::optional<Contents> Concat::contents(const Inputs& in) const {
  Contents all;
  for (int i = 0; i < in.size(); ++i) {
    if (in[i].rank() != 1 || !in.contents(i)) return {};
    all.insert(all.end(), in.contents(i)->begin(), in.contents(i)->end());
  }
  return all;
}

void Concat::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  int along = axis_of(axis, out[0].rank());
  int64_t rows = out[0].extents.count_between(0, along), bytes = size_bytes(out[0].element);
  int64_t row_bytes = out[0].extents.count_between(along, out[0].rank()) * bytes;
  std::byte* to = out[0].as<std::byte>();
  for (const ConstView& x : in) {
    int64_t part = x.extents.count_between(along, x.rank()) * bytes;
    for (int64_t r = 0; r < rows && part > 0; ++r)
      std::memcpy(to + r * row_bytes, x.as<std::byte>() + r * part, size_t(part));
    to += part;
  }
}

}  // namespace tenon
