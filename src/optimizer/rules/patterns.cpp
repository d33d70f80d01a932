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

std::vector<double> numbers_of(const Weights& weights) {
  std::vector<double> list;
  for (int64_t i = 0, n = weights->extents.count(); i < n; ++i)
    list.push_back(load_scalar(weights->data + i * size_bytes(weights->element), weights->element).f);
  return list;
}

Weights weights_of(const Extents& extents, ElementType element, std::span<const double> numbers) {
  View view;
  Weights weights = make_weights(element, extents, view);
  for (size_t i = 0; i < numbers.size(); ++i) {
    Scalar s{};
    s.f = numbers[i];
    store_scalar(view.as<std::byte>() + int64_t(i) * size_bytes(element), element, s);
  }
  return weights;
}

}  // namespace tenon
