// What these rules do, in one sentence.
#include "optimizer/rules/rules.h"

namespace tenon {

// f(g(x)) -> h(x)      under which condition
static Verdict @name@_once(Rewriter& rw, Node& root) {
  if (root.inputs().size() != 1) return no("the condition does not hold");
  return rw.replace(root, root.input(0));
}

static const Rule rules[] = {{"@name@_once", "f", @name@_once}};
const Rules @name@ = rules;

}  // namespace tenon
