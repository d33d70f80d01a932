// What depends on constants alone is computed once, by the reference kernels; known contents become constants.
#include "ops/constant/constant.h"
#include "optimizer/rules/rules.h"

namespace tenon {

constexpr int64_t largest_folded_bytes = int64_t(64) << 20;  // larger results are cheaper to compute than to keep

// f(c, d, …) -> its value
static Verdict evaluate(Rewriter& rw, Node& node) {
  if (node.inputs().empty() || node.outputs().size() != 1) return no("nothing to compute");
  if (node.op().late() != Late::nothing) return no("its extents or contents are found out in a run");
  std::vector<ConstView> in;
  for (const Value* v : node.inputs()) {
    Weights weights = constant_of(*v);
    if (!weights) return no("an input is not constant");
    in.push_back(weights->view());
  }
  const TensorType& type = node.output().type();
  if (!all_known(type.shape)) return no("the result's shape is symbolic");
  Extents extents = at(type.shape, {});
  if (extents.count() > largest_folded_bytes / size_bytes(type.element)) return no("the result is too large to keep");
  View view;
  Weights result = make_weights(type.element, extents, view);
  try {
    node.op().evaluate(in, {&view, 1});
  } catch (const Error&) {
    return no("its evaluation fails, as it will at run time");
  }
  return rw.replace(node, rw.add(Constant(std::move(result)), {}));
}

// shape(x), or arithmetic on it -> its value, where inference knows every element
static Verdict known_contents(Rewriter& rw, Node& node) {
  if (node.inputs().empty() || !node.output().contents) return no("contents are not known");
  const TensorType& type = node.output().type();
  std::vector<int64_t> numbers;
  for (const Dim& d : *node.output().contents) {
    if (!d.known()) return no("contents are symbolic");
    numbers.push_back(d.value());
  }
  if (!all_known(type.shape)) return no("the result's shape is symbolic");
  View view;
  Weights weights = make_weights(type.element, at(type.shape, {}), view);
  check(int64_t(numbers.size()) == weights->extents.count(), ErrorId::internal, "contents are not complete");
  for (size_t i = 0; i < numbers.size(); ++i) {
    Scalar s{};
    s.i = numbers[i];
    store_scalar(view.as<std::byte>() + int64_t(i) * size_bytes(type.element), type.element, s);
  }
  return rw.replace(node, rw.add(Constant(std::move(weights)), {}));
}

static const Rule rules[] = {{"known_contents", nullptr, known_contents}, {"evaluate", nullptr, evaluate}};
const Rules fold_constants = rules;

}  // namespace tenon
