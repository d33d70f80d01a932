#include "ops/expand/expand.h"

#include "base/dispatch.h"
#include "ops/known_list.h"

namespace tenon {

OP(Expand, expand)

Types Expand::infer(const Inputs& in) const {
  in.check_count(2, 2);
  return {TensorType{in[0].element, broadcast(in[0].shape, known_list(in, 1, "the shape"))}};
}

std::optional<Contents> Expand::contents(const Inputs& in) const {
  const Contents* x = in.contents(0);
  const Shape shape = std::get<TensorType>(infer(in)[0]).shape;
  if (!x || shape.size() > 1 || !all_known(shape)) return {};
  int64_t length = count(shape).value();
  if (int64_t(x->size()) == length) return *x;
  if (x->size() != 1 || length > max_contents) return {};
  return Contents(size_t(length), x->at(0));
}

void Expand::evaluate(ConstViews in, Views out) const {
  for (int d = out[0].rank() - 1, k = in[0].rank() - 1; k >= 0; --d, --k)
    check(in[0][k] == 1 || in[0][k] == out[0][d], "cannot broadcast ", in[0].extents, " to ", out[0].extents);
  Walk<1> walk(out[0].extents, {broadcast_strides(in[0].extents, out[0].extents)});
  int64_t count = out[0].count();
  dispatch_size(in[0].element, [&]<class T>() {
    for (int64_t i = 0; i < count; ++i, walk.next()) out[0].as<T>()[i] = in[0].as<T>()[walk.offset(0)];
  });
}

}  // namespace tenon
