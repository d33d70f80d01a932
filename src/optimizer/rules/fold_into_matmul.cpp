// Moves before a product that the product does by itself.
#include "ops/constant/constant.h"
#include "ops/matmul/matmul.h"
#include "ops/transpose/transpose.h"
#include "optimizer/rules/rules.h"

namespace tenon {

// matmul(a, transpose(w)) -> matmul(a, w) transpose_b=true, w constant: one too large to be transposed at build, as a
// language model's embedding that serves as its last layer, too
static Verdict fold_transpose(Rewriter& rw, Node& node) {
  Node* transpose = producer<Transpose>(node, 1);
  if (!transpose) return no("the right side is not a transpose");
  Value& w = transpose->input(0);
  if (!constant_of(w)) return no("the transpose is not of a constant");
  if (w.type().rank() != 2) return no("the constant is no matrix");
  if (as<Transpose>(*transpose)->axes_of_x(2)[0] != 1) return no("the transpose moves nothing");
  MatMul op = *as<MatMul>(node);
  op.transpose_b = !op.transpose_b;
  return rw.replace(node, rw.add(op, {&node.input(0), &w}));
}

static const Rule rules[] = {{"fold_transpose", "matmul", fold_transpose}};
const Rules fold_into_matmul = rules;

}  // namespace tenon
