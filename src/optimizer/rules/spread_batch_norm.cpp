// A batch norm that no convolution takes in is arithmetic per channel.
#include <cmath>

#include "ops/batch_norm/batch_norm.h"
#include "ops/constant/constant.h"
#include "ops/elementwise/elementwise.h"
#include "optimizer/rules/patterns.h"
#include "optimizer/rules/rules.h"

namespace tenon {

namespace {

// batch_norm(x, scale, bias, mean, variance) -> (x - mean) k + bias with k = scale / sqrt(variance + epsilon)
Verdict spread_norm(Rewriter& rw, Node& norm) {
  ElementType element = norm.output().element();
  if (element != ElementType::f32 && element != ElementType::f64) return no("narrow types would round in between");
  std::vector<double> lists[5];
  for (int i = 1; i < 5; ++i) {
    Weights weights = constant_of(norm.input(i));
    if (!weights) return no("the norm's parameters are not constant");
    lists[i] = numbers_of(weights);
  }
  auto& [none, scale, bias, mean, variance] = lists;
  for (size_t c = 0; c < scale.size(); ++c) scale[c] /= std::sqrt(variance[c] + as<BatchNorm>(norm)->epsilon);
  int rank = norm.input(0).type().rank();
  Extents extents{int64_t(scale.size())};
  for (int d = 2; d < rank; ++d) extents.push(1);
  auto constant = [&](const std::vector<double>& numbers) {
    return &rw.add(Constant(weights_of(extents, element, numbers)), {});
  };
  Value& centred = rw.add(Elementwise("sub"), {&norm.input(0), constant(mean)});
  Value& scaled = rw.add(Elementwise("mul"), {&centred, constant(scale)});
  return rw.replace(norm, rw.add(Elementwise("add"), {&scaled, constant(bias)}));
}

const Rule rules[] = {{"spread_batch_norm", "batch_norm", spread_norm}};

}  // namespace

const Rules spread_batch_norm = rules;

}  // namespace tenon
