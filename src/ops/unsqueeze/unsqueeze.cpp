#include "ops/unsqueeze/unsqueeze.h"

#include <algorithm>

#include "ops/copy.h"

namespace tenon {

OP(Unsqueeze, unsqueeze)

Types Unsqueeze::infer(const Inputs& in) const {
  in.check_count(1, 1);
  int rank = in[0].rank() + int(axes.size());
  std::vector<int> put_in = axes_of(axes, rank);
  TensorType y{in[0].element, {}};
  auto next = in[0].shape.begin();
  for (int d = 0; d < rank; ++d) y.shape.push_back(std::count(put_in.begin(), put_in.end(), d) ? Dim(1) : *next++);
  return {y};
}

std::optional<Contents> Unsqueeze::contents(const Inputs& in) const {
  return in.contents(0) ? std::optional(*in.contents(0)) : std::nullopt;
}

void Unsqueeze::evaluate(ConstViews in, Views out) const { copy_elements(in[0], out[0]); }

}  // namespace tenon
