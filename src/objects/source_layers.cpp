#include "objects/source_layers.h"

#include <algorithm>

#include "objects/convert.h"
#include "objects/draft.h"
#include "objects/network.h"
#include "ops/cast/cast.h"
#include "ops/constant/constant.h"
#include "ops/elementwise/elementwise.h"
#include "ops/gather/gather.h"
#include "ops/identity/identity.h"
#include "ops/random/random.h"
#include "ops/range/range.h"
#include "ops/shape/shape.h"
#include "ops/unsqueeze/unsqueeze.h"

namespace tenon::objects {

ConstantLayer::ConstantLayer(Network& n, const Dims& d, const GivenWeights& w)
    : Layer(n, LayerType::constant), extents(d), weights(w) {
  borrow(w, extents_of(d), "the constant");
}

Values ConstantLayer::build(Draft& draft) const {
  tenon::Value& value = draft.add(Constant(borrow(weights, extents_of(extents), "the constant")), {});
  return {draft.batch() ? &draft.add(Unsqueeze({0}), {&value}) : &value};
}

bool ConstantLayer::read(const tenon::Node& node) {
  tenon::Weights data = constant_of(node.output());
  if (!data || data->extents.rank > 8) return false;
  extents = dims_of(data->extents);
  weights = lend(data);
  return true;
}

FillLayer::FillLayer(Network& n, const Dims& d, FillOperation o)
    : Layer(n, LayerType::fill, 3), extents(d), operation(o), stream(n.get_nb_layers()) {}

FillLayer::FillLayer(Network& n, const Dims& d, FillOperation o, DataType t) : FillLayer(n, d, o) { to = t; }

ElementType FillLayer::element(Draft& draft) const {
  if (to) return element_of(*to);
  if (output_types[0]) return element_of(*output_types[0]);
  if (draft.has(1)) return draft.type(1).element;
  return is_alpha_beta_int64() ? ElementType::i64 : ElementType::f32;
}

// The sum over all axes of position * step, each broadcast along the others.
tenon::Value& FillLayer::spaced(Draft& draft, tenon::Value& shape, ElementType e) const {
  const TensorType list = draft.type(shape);
  check(list.rank() == 1 && list.shape[0].known(), "the extents are ", list, ", expected a list");
  int64_t rank = list.shape[0].value();
  check(draft.has(2) || rank == 1, "the fill has ", rank, " axes; input 2 has to give a step for each");
  auto number = [&](double x, const std::optional<int64_t>& exact) -> tenon::Value& {
    return exact ? draft.cast(draft.reshape(draft.list({*exact}), {}), e) : draft.scalar(x, e);
  };
  tenon::Value* sum = draft.has(1) ? &draft.cast(draft.reshape(draft.in(1), {}), e) : &number(alpha, alpha_int64);
  tenon::Value &zero = draft.reshape(draft.list({0}), {}), &one = draft.reshape(draft.list({1}), {});
  tenon::Value& wide = draft.cast(shape, ElementType::i64);
  for (int64_t axis = 0; axis < rank; ++axis) {
    tenon::Value& place = draft.reshape(draft.list({axis}), {});
    tenon::Value* step = &number(beta, beta_int64);
    if (draft.has(2)) {
      tenon::Value& steps = draft.reshape(draft.in(2), {Dim(rank)});
      step = &draft.cast(draft.add(Gather(0), {&steps, &place}), e);
    }
    tenon::Value& extent = draft.add(Gather(0), {&wide, &place});
    tenon::Value& positions = draft.cast(draft.add(RangeOf(), {&zero, &extent, &one}), e);
    tenon::Value& scaled = draft.add(Elementwise("mul"), {&positions, step});
    Shape along(size_t(rank), 1);
    along[size_t(axis)] = draft.type(scaled).shape[0];
    sum = &draft.add(Elementwise("add"), {sum, &draft.reshape(scaled, along)});
  }
  return *sum;
}

tenon::Value& FillLayer::drawn(Draft& draft, tenon::Value& shape, ElementType e) const {
  bool uniform = operation == FillOperation::random_uniform;
  Random op;
  op.kind = uniform ? Distribution::uniform : Distribution::normal;
  op.type = e;
  op.stream = stream;
  bool fixed = !draft.has(1) && !draft.has(2);
  if (fixed) {
    op.shift = alpha;
    op.scale = uniform ? beta - alpha : beta;
    return draft.add(op, {&shape});
  }
  auto given = [&](int i, double x) -> tenon::Value& {
    return draft.has(i) ? draft.cast(draft.reshape(draft.in(i), {}), e) : draft.scalar(x, e);
  };
  tenon::Value &low = given(1, alpha), *factor = &given(2, beta);
  if (uniform) factor = &draft.add(Elementwise("sub"), {factor, &low});
  tenon::Value& scaled = draft.add(Elementwise("mul"), {&draft.add(op, {&shape}), factor});
  return draft.add(Elementwise("add"), {&scaled, &low});
}

Values FillLayer::build(Draft& draft) const {
  tenon::Value& shape = draft.has(0) ? draft.in(0) : draft.list(list_of(extents));
  for (int i = 0; i < extents.n && !draft.has(0); ++i)
    check(extents.d[i] >= 0, "the extents are ", to_text(extents), "; those that are open come from input 0");
  ElementType e = element(draft);
  return {operation == FillOperation::linspace ? &spaced(draft, shape, e) : &drawn(draft, shape, e)};
}

Values IdentityLayer::build(Draft& draft) const {
  tenon::Value& x = draft.in(0);
  if (output_types[0] && draft.type(x).element != element_of(*output_types[0]))
    return {&draft.cast(x, element_of(*output_types[0]))};
  return {&draft.add(Identity(), {&x})};
}

Values CastLayer::build(Draft& draft) const { return {&draft.add(Cast(element_of(to)), {&draft.in(0)})}; }

bool CastLayer::read(const tenon::Node& node) {
  const Cast* op = as<Cast>(node);
  if (op) to = data_type_of(op->to);
  return op;
}

Values ShapeLayer::build(Draft& draft) const {
  return {&draft.cast(draft.add(ShapeOf(), {&draft.in(0)}), element_of(to))};
}

}  // namespace tenon::objects
