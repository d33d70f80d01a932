#include "optimizer/rules/patterns.h"

#include "ops/constant/constant.h"

namespace tenon {

Node* maker(const Value& v, std::string_view op) { return v.producer->info().name == op ? v.producer : nullptr; }

std::optional<double> number_of(const Value& v) {
  Weights w = constant_of(v);
  if (!w || w->extents.count() != 1 || !float_types.contains(w->element)) return {};
  return load_scalar(w->data, w->element).f;
}

Node* Inside::take(const Value& v, std::string_view op) {
  Node* node = maker(v, op);
  if (node) nodes.push_back(node);
  return node;
}

}  // namespace tenon
