// Layer and RMS normalisation written out: `normalize` takes their statistics in at least f32 and reads a row once.
#include <algorithm>
#include <cmath>

#include "ops/cast/cast.h"
#include "ops/elementwise/elementwise.h"
#include "ops/normalize/normalize.h"
#include "ops/reduce/reduce.h"
#include "optimizer/rules/patterns.h"
#include "optimizer/rules/rules.h"

namespace tenon {

namespace {

struct Norm {
  Value* x = nullptr;  // what is normalised
  Normalize op;
  Inside inside;
};

// v = sqrt(u): u, else null; v = 1 / sqrt(u) likewise.
Value* under_root(const Value& v, Inside& inside) {
  if (Node* root = inside.take(v, "sqrt")) return &root->input(0);
  Node* power = maker(v, "pow");
  return power && number_of(power->input(1)) == .5 ? &inside.take(v, "pow")->input(0) : nullptr;
}
Value* under_inverse_root(const Value& v, Inside& inside) {
  if (Node* inverse = maker(v, "recip")) return inside.take(v, "recip"), under_root(inverse->input(0), inside);
  Node *quotient = maker(v, "div"), *power = maker(v, "pow");
  if (quotient && number_of(quotient->input(0)) == 1)
    return inside.take(v, "div"), under_root(quotient->input(1), inside);
  return power && number_of(power->input(1)) == -.5 ? &inside.take(v, "pow")->input(0) : nullptr;
}

// The mean that `v` is, with its axes kept, or null.
Node* mean(const Value& v, Inside& inside) {
  const Reduce* reduce = as<Reduce>(v);
  return reduce && reduce->kind == ReduceKind::mean && reduce->keep_dims ? inside.take(v, "reduce") : nullptr;
}
bool same_axes(const Node& a, const std::vector<int64_t>& axes) {
  int rank = a.input(0).type().rank();
  std::vector<bool> listed(size_t(rank), false);
  for (int64_t d : axes) listed[size_t(d)] = true;
  return as<Reduce>(a)->reduced(rank) == listed;
}

// v = x - mean x over the axes: x, else null.
Value* centered(const Value& v, const std::vector<int64_t>& axes, Inside& inside) {
  Node* off = maker(v, "sub");
  Inside both;
  Node* middle = off ? mean(off->input(1), both) : nullptr;
  if (!middle || &middle->input(0) != &off->input(0) || !same_axes(*middle, axes)) return nullptr;
  inside.nodes.insert(inside.nodes.end(), {off, middle});
  return &off->input(0);
}

Value* base_of_square(const Value& v, Inside& inside) {
  if (Node* product = inside.take(v, "mul"))
    return &product->input(0) == &product->input(1) ? &product->input(0) : nullptr;
  Node* power = inside.take(v, "pow");
  return power && number_of(power->input(1)) == 2 ? &power->input(0) : nullptr;
}

// Reads mean(base²) + epsilon, over the last axes; sets what `base` is. Null, or why it is anything else.
const char* read_statistics(const Value& under, Norm& norm, Value*& base) {
  Node* sum = norm.inside.take(under, "add");
  if (!sum) return "no epsilon is added under the root";
  int i = number_of(sum->input(0)) ? 1 : 0;
  std::optional<double> epsilon = number_of(sum->input(1 - i));
  if (!epsilon || !(*epsilon >= 0) || std::isinf(*epsilon)) return "epsilon is not a known number from 0 on";
  Node* squares = mean(sum->input(i), norm.inside);
  if (!squares) return "epsilon is added to no mean of kept axes";
  int rank = squares->input(0).type().rank();
  std::vector<bool> reduced = as<Reduce>(*squares)->reduced(rank);
  if (!std::is_sorted(reduced.begin(), reduced.end()) || rank == 0 || !reduced.back())
    return "the axes are not the last";
  norm.op.axes.clear();
  for (int d = 0; d < rank; ++d)
    if (reduced[size_t(d)]) norm.op.axes.push_back(d);
  norm.op.epsilon = *epsilon;
  base = base_of_square(squares->input(0), norm.inside);
  return base ? nullptr : "it is no mean of squares";
}

// Sets what is normalised where `top` over the root is that, centred as the squares are.
const char* read_top(Value& top, Value& base, Norm& norm) {
  Value *x = centered(top, norm.op.axes, norm.inside), *squared = centered(base, norm.op.axes, norm.inside);
  if (x != squared || (!x && &top != &base)) return "the squares are of something else";
  norm.op.center = x != nullptr;
  norm.x = x ? x : &top;
  return nullptr;
}

// div(x - m, sqrt(mean((x - m)²) + epsilon)), m = mean(x) -> normalize(x); the same of x itself, not centred
Verdict recognize_div(Rewriter& rw, Node& root) {
  Norm norm;
  Value *base = nullptr, *under = under_root(root.input(1), norm.inside);
  if (!under) return no("it divides by no square root");
  if (const char* reason = read_statistics(*under, norm, base)) return no(reason);
  if (const char* reason = read_top(root.input(0), *base, norm)) return no(reason);
  if (!rw.used_inside(norm.inside.nodes)) return no("a value in between has other users");
  return rw.replace(root, rw.add(norm.op, {norm.x}));
}

// mul(x - m, 1 / sqrt(mean((x - m)²) + epsilon)), m = mean(x) -> normalize(x); the same of x itself, not centred
Verdict recognize_mul(Rewriter& rw, Node& root) {
  for (int i : {0, 1}) {
    Norm norm;
    Value *base = nullptr, *under = under_inverse_root(root.input(i), norm.inside);
    if (!under) continue;
    if (const char* reason = read_statistics(*under, norm, base)) return no(reason);
    if (const char* reason = read_top(root.input(1 - i), *base, norm)) return no(reason);
    if (!rw.used_inside(norm.inside.nodes)) return no("a value in between has other users");
    return rw.replace(root, rw.add(norm.op, {norm.x}));
  }
  return no("no operand is one over a square root");
}

// Has a number for each element of a row: kernels want scale and bias so.
bool fits_row(const Value& v, const Value& x, size_t axes) {
  Shape mine = v.shape(), row(x.shape().end() - long(axes), x.shape().end());
  while (mine.size() > axes && mine.front().is(1)) mine.erase(mine.begin());
  return v.type().rank() <= x.type().rank() && mine == row;
}

// The factor 1 / sqrt(…) in v = factor or factor * scale.
Value* split_factor(Value& v, Norm& norm, Value*& scale) {
  if (Value* under = under_inverse_root(v, norm.inside)) return under;
  Node* product = norm.inside.take(v, "mul");
  for (int i = 0; product && i < 2; ++i)
    if (Value* under = under_inverse_root(product->input(i), norm.inside)) return scale = &product->input(1 - i), under;
  return nullptr;
}

// add(x a, bias - m a), a = scale / sqrt(mean((x - m)²) + epsilon), m = mean(x) -> normalize(x, scale, bias)
Verdict recognize_shifted(Rewriter& rw, Node& root) {
  for (int i : {0, 1}) {
    Norm norm;
    Node *scaled = norm.inside.take(root.input(i), "mul"), *rest = norm.inside.take(root.input(1 - i), "sub");
    Node* moved = scaled && rest ? norm.inside.take(rest->input(1), "mul") : nullptr;
    if (!moved) continue;
    int k = &scaled->input(0) == &moved->input(0) || &scaled->input(0) == &moved->input(1) ? 0 : 1;
    Value &x = scaled->input(1 - k), &factor = scaled->input(k), *scale = nullptr, *base = nullptr;
    Value* shift = &moved->input(&moved->input(0) == &factor ? 1 : 0);
    Value* under = split_factor(factor, norm, scale);
    Node* middle = under ? mean(*shift, norm.inside) : nullptr;
    if (!middle || &middle->input(0) != &x) continue;
    if (const char* reason = read_statistics(*under, norm, base)) return no(reason);
    if (!same_axes(*middle, norm.op.axes) || centered(*base, norm.op.axes, norm.inside) != &x)
      return no("the squares are of something else");
    for (const Value* side : {scale, &rest->input(0)})
      if (side && !fits_row(*side, x, norm.op.axes.size()))
        return no("scale or bias is not one number for each element");
    if (!rw.used_inside(norm.inside.nodes)) return no("a value in between has other users");
    if (scale) return rw.replace(root, rw.add(norm.op, {&x, scale, &rest->input(0)}));
    return rw.replace(root, rw.add(Elementwise("add"), {&rw.add(norm.op, {&x}), &rest->input(0)}));
  }
  return no("it adds no shifted multiple");
}

// The operand of `root` that only a normalisation with so many operands makes, or -1; `why` says why not.
int norm_operand(const Rewriter& rw, const Node& root, int operands, const char*& why) {
  why = "no operand is a norm that lacks it";
  for (int i : {0, 1}) {
    const Node* norm = producer<Normalize>(root, i);
    if (!norm || norm->input_count() != operands) continue;
    if (!rw.sole_user(*norm)) why = "the norm has other users";
    else if (!fits_row(root.input(1 - i), norm->input(0), as<Normalize>(*norm)->axes.size()))
      why = "it is not one number for each element of a row";
    else return i;
  }
  return -1;
}

// mul(normalize(x), scale) -> normalize(x, scale); add(normalize(x, scale), bias) -> normalize(x, scale, bias)
Verdict append_operand(Rewriter& rw, Node& root) {
  const char* why = nullptr;
  int i = norm_operand(rw, root, root.info().name == std::string_view("mul") ? 1 : 2, why);
  if (i < 0) return no(why);
  const Node& norm = *root.input(i).producer;
  std::vector<Value*> operands = norm.inputs();
  operands.push_back(&root.input(1 - i));
  return rw.replace(root, rw.add(*as<Normalize>(norm), operands));
}

// cast(normalize(cast(x))) -> normalize(x), of halves: it computes in f32 by itself
Verdict drop_casts(Rewriter& rw, Node& cast) {
  Node* norm = producer<Normalize>(cast, 0);
  if (!norm) return no("input is not a norm");
  if (norm->input_count() > 1) return no("scale and bias are wide");
  Node* widen = producer<Cast>(*norm, 0);
  if (!widen || widen->input(0).element() != cast.output().element())
    return no("the norm's input is not cast from there");
  if (!half_types.contains(cast.output().element())) return no("it is not of halves");
  if (!rw.sole_user(*norm)) return no("the wide norm has other users");
  return rw.replace(cast, rw.add(*as<Normalize>(*norm), {&widen->input(0)}));
}

const Rule rules[] = {{"recognize_div", "div", recognize_div},         {"recognize_mul", "mul", recognize_mul},
                      {"recognize_shifted", "add", recognize_shifted}, {"append_scale", "mul", append_operand},
                      {"append_bias", "add", append_operand},          {"drop_casts", "cast", drop_casts}};

}  // namespace

const Rules recognize_norms = rules;

}  // namespace tenon
