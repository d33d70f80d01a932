#include "ops/squeeze/squeeze.h"

#include <algorithm>

#include "ops/copy.h"

namespace tenon {

OP(Squeeze, squeeze)

Types Squeeze::infer(const Inputs& in) const {
  in.check_count(1, 1);
  std::vector<int> dropped = axes_of(axes, in[0].rank());
  TensorType y{in[0].element, {}};
  for (int d = 0; d < in[0].rank(); ++d) {
    const Dim& extent = in[0].shape[size_t(d)];
    bool listed = std::count(dropped.begin(), dropped.end(), d);
    check(!listed || !extent.known() || extent.is(1), "axis ", d, " of ", in[0], " is not of extent 1");
    check(!axes.empty() || extent.known(), ErrorId::unsupported, "which axes of ", in[0],
          " have extent 1 is not known until run time; list the axes");
    if (!listed && (!axes.empty() || !extent.is(1))) y.shape.push_back(extent);
  }
  return {y};
}

std::optional<Contents> Squeeze::contents(const Inputs& in) const {
  return in.contents(0) ? std::optional(*in.contents(0)) : std::nullopt;
}

void Squeeze::evaluate(ConstViews in, Views out) const { copy_elements(in[0], out[0]); }

}  // namespace tenon
