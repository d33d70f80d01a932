#include "ops/split/split.h"

#include <cstring>

#include "ops/known.h"

namespace tenon {

OP(Split, split)

constexpr int64_t most_parts = 65536;

Types Split::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, plain_types, "x");
  size_t along = size_t(axis_of(axis, in[0].rank()));
  const Dim& extent = in[0].shape[along];
  Types parts_of_x;
  auto add = [&](Dim size) {
    TensorType part = in[0];
    part.shape[along] = std::move(size);
    parts_of_x.push_back(std::move(part));
  };
  int64_t total = 0;
  for (int64_t size : sizes) {
    check(size >= 0, "a part has the size ", size);
    total = checked_add(total, size);
    add(size);
  }
  if (!sizes.empty()) {
    check(!extent.known() || extent.is(total), "the sizes add up to ", total, ", axis ", axis, " of ", in[0], " has ",
          extent);
    return parts_of_x;
  }
  check(1 <= parts && parts <= most_parts, "there are ", parts, " parts, expected 1 to ", most_parts);
  Dim size = ceil_div(extent, parts);
  for (int64_t i = 0; i < parts; ++i) add(max(0, min(size, extent - size * i)));
  return parts_of_x;
}

std::optional<Contents> Split::contents(const Inputs& in) const {
  const Contents* x = in.contents(0);
  if (!x || in[0].rank() != 1) return {};
  int64_t extent = int64_t(x->size()), first = sizes.empty() ? (extent + parts - 1) / parts : sizes[0];
  return Contents(x->begin(), x->begin() + long(first));
}

void Split::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  int along = axis_of(axis, x.rank());
  int64_t rows = x.extents.count_between(0, along), bytes = size_bytes(x.element), total = 0;
  int64_t row_bytes = x.extents.count_between(along, x.rank()) * bytes;
  for (const View& y : out) {
    int64_t part = y.extents.count_between(along, y.rank()) * bytes;
    check(total + part <= row_bytes, "the parts exceed ", x.extents);
    for (int64_t r = 0; r < rows && part > 0; ++r)
      std::memcpy(y.as<std::byte>() + r * part, x.as<std::byte>() + r * row_bytes + total, size_t(part));
    total += part;
  }
  check(total == row_bytes, "the parts do not make up ", x.extents);
}

}  // namespace tenon
