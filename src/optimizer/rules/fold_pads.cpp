// Pads that the windows behind them can take over.
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "ops/pad/pad.h"
#include "ops/pool/pool.h"
#include "optimizer/rules/rules.h"

namespace tenon {

namespace {

struct Amounts {
  std::vector<int64_t> begin, end;  // of every spatial axis
};

// Null where the amounts of `pad` could be a window's own; else why not.
const char* read_amounts(const Node& pad, Amounts& amounts) {
  int rank = pad.output().type().rank();
  const std::optional<Contents>& list = pad.input(1).contents;
  if (as<Pad>(pad)->mode != PadMode::constant) return "the pad repeats its input";
  if (!list || !std::all_of(list->begin(), list->end(), [](const Dim& d) { return d.known(); }))
    return "the pad's amounts are not known";
  std::vector<int64_t> begin(size_t(rank), 0), end = begin, axes = as<Pad>(pad)->axes;
  for (int d = 0; as<Pad>(pad)->axes.empty() && d < rank; ++d) axes.push_back(d);
  for (size_t i = 0; i < axes.size(); ++i) {
    size_t axis = size_t(axis_of(axes[i], rank));
    begin[axis] = (*list)[i].value();
    end[axis] = (*list)[i + axes.size()].value();
    if (begin[axis] < 0 || end[axis] < 0) return "the pad cuts off";
    if (axis < 2 && begin[axis] + end[axis] > 0) return "the pad is not of spatial axes alone";
  }
  amounts = {{begin.begin() + 2, begin.end()}, {end.begin() + 2, end.end()}};
  return nullptr;
}

// Adds them to a window's own pads. The window's extents are known.
const char* take_over(const Amounts& amounts, const Shape& extents, Window& window) {
  if (window.auto_pad == AutoPad::same_upper || window.auto_pad == AutoPad::same_lower)
    return "the window's pads follow from its input";
  if (window.ceil) return "a partial window at the end would see other pads";
  if (window.auto_pad == AutoPad::valid) window.pads_begin.clear(), window.pads_end.clear();
  window.auto_pad = AutoPad::explicit_pads;
  size_t axes = amounts.begin.size();
  window.pads_begin.resize(axes, 0);
  window.pads_end.resize(axes, 0);
  for (size_t i = 0; i < axes; ++i) {
    window.pads_begin[i] += amounts.begin[i];
    window.pads_end[i] += amounts.end[i];
    int64_t covered = (extents[i].value() - 1) * (window.dilations.empty() ? 1 : window.dilations[i]) + 1;
    if (std::max(window.pads_begin[i], window.pads_end[i]) >= covered) return "a window would lie in padding alone";
  }
  return nullptr;
}

// Whether the pad puts `wanted` around its input; nothing stands for 0.
bool puts(const Node& pad, double wanted) {
  if (pad.input_count() < 3) return wanted == 0;
  Weights value = constant_of(pad.input(2));
  if (!value) return false;
  Scalar s = load_scalar(value->data, value->element);
  return float_types.contains(value->element) && s.f == wanted;
}

// conv(pad(x, zeros), w) -> conv(x, w) with pads
Verdict fold_pad_into_conv(Rewriter& rw, Node& node) {
  Node* pad = producer<Pad>(node, 0);
  if (!pad) return no("input is not a pad");
  Amounts amounts;
  if (const char* reason = read_amounts(*pad, amounts)) return no(reason);
  if (!puts(*pad, 0)) return no("the pad is not of zeros");
  const Shape& w = node.input(1).shape();
  Shape extents(w.begin() + 2, w.end());
  if (!all_known(extents)) return no("the window is symbolic");
  Conv conv = *as<Conv>(node);
  if (const char* reason = take_over(amounts, extents, conv)) return no(reason);
  std::vector<Value*> operands = node.inputs();
  operands[0] = &pad->input(0);
  return rw.replace(node, rw.add(conv, operands));
}

// average(pad(x, zeros)) -> average(x) that counts its pads; max(pad(x, -inf)) -> max(x) with pads
Verdict fold_pad_into_pool(Rewriter& rw, Node& node) {
  Node* pad = producer<Pad>(node, 0);
  if (!pad) return no("input is not a pad");
  Amounts amounts;
  if (const char* reason = read_amounts(*pad, amounts)) return no(reason);
  Pool pool = *as<Pool>(node);
  bool average = pool.kind == PoolKind::average;
  if (average && !puts(*pad, 0)) return no("the pad is not of zeros");
  if (!average && !puts(*pad, -std::numeric_limits<double>::infinity())) return no("the pad is not of -inf");
  auto none = [](const std::vector<int64_t>& list) {
    return std::all_of(list.begin(), list.end(), [](int64_t n) { return n == 0; });
  };
  if (average && !pool.count_pads && !(none(pool.pads_begin) && none(pool.pads_end)))
    return no("the pool has pads that it does not count");
  if (const char* reason = take_over(amounts, Shape(pool.window.begin(), pool.window.end()), pool)) return no(reason);
  pool.count_pads = average;
  return rw.replace(node, rw.add(pool, {&pad->input(0)}));
}

const Rule rules[] = {{"fold_pad_into_conv", "conv", fold_pad_into_conv},
                      {"fold_pad_into_pool", "pool", fold_pad_into_pool}};

}  // namespace

const Rules fold_pads = rules;

}  // namespace tenon
