// Losses of classification.
#include <cmath>

#include "onnx/import.h"
#include "ops/gather/gather.h"
#include "ops/gather_elements/gather_elements.h"
#include "ops/reduce/reduce.h"
#include "ops/select/select.h"
#include "ops/softmax/softmax.h"
#include "ops/squeeze/squeeze.h"
#include "ops/unsqueeze/unsqueeze.h"

namespace tenon::onnx {

namespace {

// loss = -weight[target] * log_prob[target], of each sample, their sum, or their mean over the weights. A target that
// is ignored weighs 0. Operands 1 and 2 are the targets and maybe the weights of the classes.
Value& likelihood_loss(NodeImport& n, Value& log_prob) {
  std::string reduction = n.text("reduction", "mean");
  check(reduction == "none" || reduction == "sum" || reduction == "mean", ErrorId::onnx_invalid, "reduction is '",
        reduction, "'");
  check(n.tensor(log_prob).rank() >= 2, ErrorId::onnx_invalid, "x is ", n.tensor(log_prob), ", expected [N,C,…]");
  ElementType type = n.tensor(log_prob).element;
  Value *target = &n.in(1), *weight = nullptr, *ignored = nullptr;
  ElementType index = n.tensor(*target).element;
  if (n.has_attribute("ignore_index")) {
    Value& number = n.integer_value(n.integer("ignore_index", 0), index);
    ignored = &n.binary("equal", *target, number);
    target = &n.add(Select(), {ignored, &n.number(0, index), target});
  }
  if (n.has(2)) weight = &n.add(Gather(0), {&n.in(2), target});
  else if (ignored) weight = &n.number(1, type);
  if (ignored) weight = &n.add(Select(), {ignored, &n.number(0, type), weight});
  Value& picked = n.add(GatherElements(1), {&log_prob, &n.add(Unsqueeze({1}), {target})});
  Value* loss = &n.unary("neg", n.add(Squeeze({1}), {&picked}));
  if (weight) loss = &n.binary("mul", *loss, *weight);
  if (reduction == "none") return *loss;
  if (reduction == "mean" && !weight) return n.add(Reduce(ReduceKind::mean, {}, false), {loss});
  Value& sum = n.add(Reduce(ReduceKind::sum, {}, false), {loss});
  return reduction == "sum" ? sum : n.binary("div", sum, n.add(Reduce(ReduceKind::sum, {}, false), {weight}));
}

void softmax_cross_entropy(NodeImport& n) {
  Value& log_prob = n.add(Softmax(1, true), {&n.in(0)});
  n.out(0, likelihood_loss(n, log_prob));
  if (n.wants(1)) n.out(1, log_prob);
}

const Import table[] = {
    {"NegativeLogLikelihoodLoss", [](NodeImport& n) { n.out(likelihood_loss(n, n.in(0))); }, 12},
    {"SoftmaxCrossEntropyLoss", softmax_cross_entropy, 12},
};

}  // namespace

const Imports import_loss = table;

}  // namespace tenon::onnx
