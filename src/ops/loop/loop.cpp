#include "ops/loop/loop.h"

namespace tenon {

OP(Loop, loop)

void Loop::fields(FieldVisitor& v) {
  v("body", body);
  v("states", states);
  v("counted", counted, false);
  v("late", late_extents, Shape());
}

Types Loop::types(const Inputs& in, NextLate next) const {
  check(body != nullptr, "the body is missing");
  std::vector<Node*> formal = body->inputs();
  const std::vector<Graph::Output>& made = body->outputs();
  in.check_count(int(formal.size()), int(formal.size()));
  check(states >= 0 && states + 2 <= int64_t(formal.size()) && states + 1 <= int64_t(made.size()), "a body of ",
        formal.size(), " inputs and ", made.size(), " outputs has no ", states, " states");
  in.check_element(0, ElementType::i64, "how often at most");
  in.check_element(1, ElementType::boolean, "whether to begin");
  check(made[0].value->element() == ElementType::boolean, "whether to go on is ", made[0].value->type());
  BodyTypes bodies(in);
  for (size_t i = 0; i < formal.size(); ++i) bodies.check_operand(int(i), *formal[i]);
  Types types;
  for (size_t i = 1; i <= size_t(states); ++i) {
    // What the body takes is what it gives, or has an extent that moves.
    const TensorType &taken = formal[i + 1]->output().type(), &given = made[i].value->type();
    types.push_back(bodies.joined(taken, given, next));
  }
  for (size_t i = size_t(states) + 1; i < made.size(); ++i) {
    const TensorType& each = made[i].value->type();
    const Contents* rounds = in.contents(0);
    TensorType stacked{each.element, {counted && rounds && rounds->size() == 1 ? max((*rounds)[0], 0) : next()}};
    for (const Dim& d : each.shape) stacked.shape.push_back(bodies.known_outside(d) ? d : next());
    types.push_back(std::move(stacked));
  }
  return types;
}

Types Loop::infer(const Inputs& in) const {
  LateSymbols symbols(late_extents);
  Types made = types(in, [&] { return symbols(); });
  symbols.finish();
  return made;
}

void Loop::evaluate(ConstViews, Views) const { fail(ErrorId::internal, "bodies are built before they run"); }

}  // namespace tenon
