#include "ops/max_unpool/max_unpool.h"

#include <cstring>

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"
#include "ops/known_list.h"

namespace tenon {

OP(MaxUnpool, max_unpool)

void MaxUnpool::fields(FieldVisitor& v) {
  v("window", window);
  window_fields(v);
  v("with_shape", with_shape, false);
}

static int64_t at(const std::vector<int64_t>& list, size_t axis, int64_t standard) {
  return list.empty() ? standard : list[axis];
}

Types MaxUnpool::infer(const Inputs& in) const {
  in.check_count(with_shape ? 3 : 2, with_shape ? 3 : 2);
  in.check_element(0, number_types, "x");
  in.check_element(1, ElementType::i64, "the places");
  const Shape &x = in[0].shape, &places = in[1].shape;
  check(!window.empty() && x.size() == window.size() + 2, "x has shape ", x,
        ", expected [N,C] and one spatial axis for each of the window's ", window.size(), " extents");
  check(places.size() == x.size(), "the places are ", in[1], ", expected one for each element of x ", in[0]);
  for (size_t d = 0; d < x.size(); ++d) check_same_extent(places[d], x[d], "the list of places", places, x);
  check_axes(int(window.size()));
  check(auto_pad == AutoPad::explicit_pads && dilations.empty(), "windows have no dilations and explicit padding");
  if (with_shape) {
    Contents y = known_list(in, 2, "the shape of y");
    check(y.size() == x.size(), "the shape of y has ", y.size(), " extents for x ", in[0]);
    for (size_t d = 0; d < 2; ++d) check_same_extent(y[d], x[d], "y", y, x);
    for (const Dim& d : y) check(!d.known() || d.value() >= 0, "the shape of y holds ", d);
    return {TensorType{in[0].element, y}};
  }
  Shape y{x[0], x[1]};
  for (size_t i = 0; i < window.size(); ++i) {
    y.push_back((x[i + 2] - 1) * at(strides, i, 1) + window[i] - at(pads_begin, i, 0) - at(pads_end, i, 0));
    check(!y.back().known() || y.back().value() >= 0, "y would have ", y.back(), " elements along spatial axis ", i);
  }
  return {TensorType{in[0].element, y}};
}

void MaxUnpool::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  int64_t count = in[0].count(), room = out[0].count();
  dispatch_size(in[0].element, [&]<class T>() {
    if (room > 0) std::memset(out[0].data, 0, size_t(room) * sizeof(T));
    for (int64_t i = 0; i < count; ++i) {
      int64_t place = in[1].as<int64_t>()[i];
      check(0 <= place && place < room, "place ", place, " at position ", i, " is out of range for y ", out[0].extents);
      out[0].as<T>()[place] = in[0].as<T>()[i];
    }
  });
}

}  // namespace tenon
