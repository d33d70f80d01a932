// What these rules do, in one sentence.
#include "optimizer/rules/rules.h"

namespace tenon {

// neg(neg(x)) -> x
static Verdict @name@_once(Rewriter& rw, Node& outer) {
  const Node& inner = *outer.input(0).producer;
  if (std::string_view(inner.info().name) != "neg") return no("input is not a neg");
  return rw.replace(outer, inner.input(0));
}

static const Rule rules[] = {{"@name@_once", "neg", @name@_once}};
const Rules @name@ = rules;

}  // namespace tenon
