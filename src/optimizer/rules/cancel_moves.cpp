// Moves of data that undo each other, or do nothing.
#include "ops/flatten/flatten.h"
#include "ops/identity/identity.h"
#include "ops/reshape/reshape.h"
#include "ops/transpose/transpose.h"
#include "optimizer/rules/rules.h"

namespace tenon {

static std::vector<int64_t> permutation_of(const Node& node) {
  std::vector<int64_t> p = as<Transpose>(node)->permutation;
  int rank = node.input(0).type().rank();
  for (int i = 0; p.empty() && i < rank; ++i) p.push_back(rank - 1 - i);
  p.resize(size_t(rank));
  for (int64_t& axis : p) axis = axis_of(axis, rank);
  return p;
}

// identity(x) -> x
static Verdict drop_identity(Rewriter& rw, Node& identity) { return rw.replace(identity, identity.input(0)); }

// transpose(transpose(x, p), q) -> transpose(x, p[q])
static Verdict merge_transposes(Rewriter& rw, Node& outer) {
  Node* inner = producer<Transpose>(outer, 0);
  if (!inner) return no("input is not a transpose");
  std::vector<int64_t> p = permutation_of(*inner), q = permutation_of(outer), both;
  for (int64_t axis : q) both.push_back(p[size_t(axis)]);
  return rw.replace(outer, rw.add(Transpose(both), {&inner->input(0)}));
}

// transpose(x, 0 1 2 …) -> x
static Verdict drop_transpose(Rewriter& rw, Node& transpose) {
  std::vector<int64_t> p = permutation_of(transpose);
  for (size_t i = 0; i < p.size(); ++i)
    if (p[i] != int64_t(i)) return no("axes move");
  return rw.replace(transpose, transpose.input(0));
}

// reshape(x) -> x, where the shape stays
static Verdict drop_reshape(Rewriter& rw, Node& reshape) {
  if (reshape.input(0).shape() != reshape.output().shape()) return no("the shape changes");
  return rw.replace(reshape, reshape.input(0));
}

// reshape(reshape(x)) -> reshape(x)
static Verdict merge_reshapes(Rewriter& rw, Node& outer) {
  Node* inner = producer<Reshape>(outer, 0);
  if (!inner) inner = producer<Flatten>(outer, 0);
  if (!inner) return no("input is not a reshape");
  Reshape op(outer.output().shape());
  op.allow_zero = true;
  return rw.replace(outer, rw.add(op, {&inner->input(0)}));
}

// reshape(x, target) -> reshape(x) shape=…, where the target is known: the arithmetic that made it dies
static Verdict target_to_field(Rewriter& rw, Node& reshape) {
  if (reshape.input_count() == 1) return no("the target is a field already");
  Reshape op(reshape.output().shape());
  op.allow_zero = true;
  return rw.replace(reshape, rw.add(op, {&reshape.input(0)}));
}

static const Rule rules[] = {
    {"drop_identity", "identity", drop_identity},        {"drop_transpose", "transpose", drop_transpose},
    {"merge_transposes", "transpose", merge_transposes}, {"drop_reshape", "reshape", drop_reshape},
    {"merge_reshapes", "reshape", merge_reshapes},       {"target_to_field", "reshape", target_to_field}};
const Rules cancel_moves = rules;

}  // namespace tenon
