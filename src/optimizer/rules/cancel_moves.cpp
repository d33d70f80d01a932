// Moves of data that undo each other, do nothing, or are the same move under another name.
#include "ops/concat/concat.h"
#include "ops/expand/expand.h"
#include "ops/flatten/flatten.h"
#include "ops/identity/identity.h"
#include "ops/reshape/reshape.h"
#include "ops/shuffle/shuffle.h"
#include "ops/squeeze/squeeze.h"
#include "ops/transpose/transpose.h"
#include "ops/unsqueeze/unsqueeze.h"
#include "optimizer/rules/rules.h"

namespace tenon {

static std::vector<int> permutation_of(const Node& node) {
  return as<Transpose>(node)->axes_of_x(node.input(0).type().rank());
}

static Value& reshaped(Rewriter& rw, Value& x, const Shape& shape) {
  Reshape op(shape);
  op.allow_zero = true;
  return rw.add(op, {&x});
}

// identity(x) -> x
static Verdict drop_identity(Rewriter& rw, Node& identity) { return rw.replace(identity, identity.input(0)); }

// concat(x) -> x
static Verdict drop_concat(Rewriter& rw, Node& concat) {
  if (concat.input_count() != 1) return no("there are several operands");
  return rw.replace(concat, concat.input(0));
}

// expand(x, shape) -> x, where the shape stays
static Verdict drop_expand(Rewriter& rw, Node& expand) {
  if (expand.input(0).shape() != expand.output().shape()) return no("the shape changes");
  return rw.replace(expand, expand.input(0));
}

// shuffle(x) -> transpose(reshape(transpose(x, first), shape), second), of which any may be absent
static Verdict dissolve_shuffle(Rewriter& rw, Node& node) {
  const Shuffle& shuffle = *as<Shuffle>(node);
  Value* last = &node.input(0);
  if (!shuffle.first.empty()) last = &rw.add(Transpose(shuffle.first), {last});
  if (shuffle.reshapes) {
    Reshape op(shuffle.shape);
    op.from_operand = shuffle.from_operand;
    op.allow_zero = shuffle.allow_zero;
    std::vector<Value*> operands{last};
    if (shuffle.from_operand) operands.push_back(&node.input(1));
    last = &rw.add(op, operands);
  }
  if (!shuffle.second.empty()) last = &rw.add(Transpose(shuffle.second), {last});
  return rw.replace(node, *last);
}

// transpose(transpose(x, p), q) -> transpose(x, p[q])
static Verdict merge_transposes(Rewriter& rw, Node& outer) {
  Node* inner = producer<Transpose>(outer, 0);
  if (!inner) return no("input is not a transpose");
  std::vector<int> p = permutation_of(*inner), q = permutation_of(outer);
  std::vector<int64_t> both;
  for (int axis : q) both.push_back(p[size_t(axis)]);
  return rw.replace(outer, rw.add(Transpose(both), {&inner->input(0)}));
}

// transpose(x) -> reshape(x), where only axes of extent 1 change places; where none does, x
static Verdict transpose_to_reshape(Rewriter& rw, Node& transpose) {
  std::vector<int> p = permutation_of(transpose), moved;
  for (int axis : p)
    if (!transpose.input(0).shape()[size_t(axis)].is(1)) moved.push_back(axis);
  if (!std::is_sorted(moved.begin(), moved.end())) return no("axes change places");
  if (std::is_sorted(p.begin(), p.end())) return rw.replace(transpose, transpose.input(0));
  return rw.replace(transpose, reshaped(rw, transpose.input(0), transpose.output().shape()));
}

// squeeze(x) -> reshape(x)
static Verdict squeeze_to_reshape(Rewriter& rw, Node& squeeze) {
  auto ones = [](const Shape& s) { return std::count_if(s.begin(), s.end(), [](const Dim& d) { return d.is(1); }); };
  const Shape &x = squeeze.input(0).shape(), &y = squeeze.output().shape();
  if (ones(x) - ones(y) != int64_t(x.size() - y.size())) return no("an extent that must be 1 is symbolic");
  return rw.replace(squeeze, reshaped(rw, squeeze.input(0), y));
}

// flatten(x), unsqueeze(x) -> reshape(x)
static Verdict to_reshape(Rewriter& rw, Node& node) {
  return rw.replace(node, reshaped(rw, node.input(0), node.output().shape()));
}

// reshape(x) -> x, where the shape stays
static Verdict drop_reshape(Rewriter& rw, Node& reshape) {
  if (reshape.input(0).shape() != reshape.output().shape()) return no("the shape changes");
  return rw.replace(reshape, reshape.input(0));
}

// reshape(reshape(x)) -> reshape(x)
static Verdict merge_reshapes(Rewriter& rw, Node& outer) {
  Node* inner = producer<Reshape>(outer, 0);
  if (!inner) return no("input is not a reshape");
  return rw.replace(outer, reshaped(rw, inner->input(0), outer.output().shape()));
}

// reshape(x, target) -> reshape(x) shape=…, where the target is known: the arithmetic that made it dies
static Verdict target_to_field(Rewriter& rw, Node& reshape) {
  if (reshape.input_count() == 1) return no("the target is a field already");
  return rw.replace(reshape, reshaped(rw, reshape.input(0), reshape.output().shape()));
}

static const Rule rules[] = {{"drop_identity", "identity", drop_identity},
                             {"drop_concat", "concat", drop_concat},
                             {"drop_expand", "expand", drop_expand},
                             {"dissolve_shuffle", "shuffle", dissolve_shuffle},
                             {"transpose_to_reshape", "transpose", transpose_to_reshape},
                             {"merge_transposes", "transpose", merge_transposes},
                             {"flatten_to_reshape", "flatten", to_reshape},
                             {"squeeze_to_reshape", "squeeze", squeeze_to_reshape},
                             {"unsqueeze_to_reshape", "unsqueeze", to_reshape},
                             {"drop_reshape", "reshape", drop_reshape},
                             {"merge_reshapes", "reshape", merge_reshapes},
                             {"target_to_field", "reshape", target_to_field}};
const Rules cancel_moves = rules;

}  // namespace tenon
