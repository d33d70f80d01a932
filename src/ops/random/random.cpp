#include "ops/random/random.h"

#include "base/dispatch.h"
#include "ops/known.h"
#include "ops/known_list.h"
#include "ops/philox.h"

namespace tenon {

OP(Random, random)

void Random::fields(FieldVisitor& v) {
  static const char* const kinds[] = {"uniform", "normal"};
  v("kind", kind, kinds);
  v("type", type, ElementType::f32);
  v("shift", shift, 0.0);
  v("scale", scale, 1.0);
  v("seed", seed, int64_t(0));
  v("stream", stream, int64_t(0));
}

Types Random::infer(const Inputs& in) const {
  in.check_count(1, 1);
  check(float_types.contains(type), ErrorId::unsupported_type, "numbers of type ", type, " cannot be drawn");
  Contents shape = known_list(in, 0, "the shape");
  check(in[0].rank() == 1, "the shape is ", in[0], ", expected a list");
  for (const Dim& d : shape) check(!d.known() || d.value() >= 0, "the shape holds ", d);
  return {TensorType{type, shape}};
}

void Random::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  Draws draws(seed, stream);
  dispatch(type, [&]<class T>() {
    if constexpr (is_float<T>)
      for (int64_t i = 0, count = out[0].count(); i < count; ++i) {
        double z = kind == Distribution::normal   ? draws.normal(i)
                   : is_half<T> || sizeof(T) == 4 ? draws.short_uniform(i)
                                                  : draws.uniform(i);
        out[0].as<T>()[i] = T(shift + scale * z);
      }
  });
}

double Random::work(ConstViews, Views out) const { return double(out[0].count()) * 40; }

}  // namespace tenon
