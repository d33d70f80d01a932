#include "ops/one_hot/one_hot.h"

#include "base/dispatch.h"
#include "ops/known.h"
#include "ops/known_list.h"

namespace tenon {

OP(OneHot, one_hot)

Types OneHot::infer(const Inputs& in) const {
  in.check_count(3, 3);
  in.check_element(0, number_types, "the indices");
  in.check_element(2, plain_types, "the values");
  int at = axis_of(axis, in[0].rank() + 1);
  Contents depth = known_list(in, 1, "the depth");
  check(depth.size() == 1, "the depth is ", in[1], ", expected one number");
  check(!depth[0].known() || depth[0].value() >= 0, "the depth is ", depth[0]);
  check(in[2].rank() == 1 && (!in[2].shape[0].known() || in[2].shape[0].is(2)), "the values are ", in[2],
        ", expected off and on");
  TensorType y{in[2].element, in[0].shape};
  y.shape.insert(y.shape.begin() + at, depth[0]);
  return {y};
}

void OneHot::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& indices = in[0];
  check(in[2][0] == 2, "the values are ", in[2].extents, ", expected off and on");
  int at = axis_of(axis, out[0].rank());
  int64_t depth = out[0][at], step = out[0].extents.count_between(at + 1, out[0].rank());
  int64_t bytes = size_bytes(indices.element), count = out[0].count();
  dispatch_size(out[0].element, [&]<class T>() {
    for (int64_t i = 0; i < count; ++i) {
      int64_t from = i / (step * depth) * step + i % step;
      Scalar s = load_scalar(indices.as<std::byte>() + from * bytes, indices.element);
      int64_t index = cast_scalar(s, indices.element, ElementType::i64).i;
      bool beyond = indices.element == ElementType::u64 && index < 0;
      bool hit = !beyond && -depth <= index && (index < 0 ? index + depth : index) == i / step % depth;
      out[0].as<T>()[i] = in[2].as<T>()[hit];
    }
  });
}

}  // namespace tenon
