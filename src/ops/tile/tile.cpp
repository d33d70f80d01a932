#include "ops/tile/tile.h"

#include "base/dispatch.h"
#include "ops/known.h"
#include "ops/known_list.h"

namespace tenon {

OP(Tile, tile)

Types Tile::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(0, plain_types, "x");
  Contents repeats = known_list(in, 1, "the list of repeats");
  check(int(repeats.size()) == in[0].rank(), "there are ", repeats.size(), " repeats for ", in[0]);
  TensorType y = in[0];
  for (size_t d = 0; d < repeats.size(); ++d) {
    check(!repeats[d].known() || repeats[d].value() >= 0, "axis ", d, " is repeated ", repeats[d], " times");
    y.shape[d] = y.shape[d] * repeats[d];
  }
  return {y};
}

std::optional<Contents> Tile::contents(const Inputs& in) const {
  const Contents *x = in.contents(0), *repeats = in.contents(1);
  if (!x || !repeats || in[0].rank() != 1 || !repeats->at(0).known()) return {};
  Contents y;
  for (int64_t i = 0; i < repeats->at(0).value() && int64_t(y.size()) <= max_contents; ++i)
    y.insert(y.end(), x->begin(), x->end());
  return y;
}

void Tile::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  Extents strides = strides_of(in[0].extents);
  Walk<0> walk(out[0].extents, {});
  int64_t count = out[0].count();
  dispatch_size(in[0].element, [&]<class T>() {
    for (int64_t i = 0; i < count; ++i, walk.next()) {
      int64_t from = 0;
      for (int d = 0; d < in[0].rank(); ++d) from += walk.at(d) % in[0][d] * strides[d];
      out[0].as<T>()[i] = in[0].as<T>()[from];
    }
  });
}

}  // namespace tenon
