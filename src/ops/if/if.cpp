#include "ops/if/if.h"

namespace tenon {

OP(If, if)

void If::fields(FieldVisitor& v) {
  v("then", then);
  v("else", otherwise);
  v("late", late_extents, Shape());
}

Types If::types(const Inputs& in, NextLate next) const {
  check(then && otherwise, "a branch is missing");
  std::vector<Node*> first = then->inputs(), second = otherwise->inputs();
  in.check_count(1 + int(first.size() + second.size()), 1 + int(first.size() + second.size()));
  in.check_element(0, ElementType::boolean, "the condition");
  BodyTypes bodies(in);
  for (size_t i = 0; i < first.size(); ++i) bodies.check_operand(1 + int(i), *first[i]);
  for (size_t i = 0; i < second.size(); ++i) bodies.check_operand(1 + int(first.size() + i), *second[i]);
  size_t results = then->outputs().size();
  check(results == otherwise->outputs().size(), "the branches have ", results, " and ", otherwise->outputs().size(),
        " results");
  Types types;
  for (size_t i = 0; i < results; ++i)
    types.push_back(bodies.joined(then->outputs()[i].value->type(), otherwise->outputs()[i].value->type(), next));
  return types;
}

Types If::infer(const Inputs& in) const {
  LateSymbols symbols(late_extents);
  Types made = types(in, [&] { return symbols(); });
  symbols.finish();
  return made;
}

void If::evaluate(ConstViews, Views) const { fail(ErrorId::internal, "branches are built before they run"); }

}  // namespace tenon
