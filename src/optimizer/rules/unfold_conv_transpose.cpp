// A transposed convolution whose strides divide its window is a convolution of its input, at all strides' phases at
// once, and a move that brings the phases side by side (the sub-pixel convolution of Shi et al., arXiv:1609.05158).
#include <algorithm>

#include "base/dispatch.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "ops/conv_transpose/conv_transpose.h"
#include "ops/reshape/reshape.h"
#include "ops/slice/slice.h"
#include "ops/transpose/transpose.h"
#include "optimizer/rules/rules.h"

namespace tenon {

namespace {

int64_t at(const std::vector<int64_t>& list, int axis, int64_t standard) {
  return list.empty() ? standard : list[size_t(axis)];
}

// w [C,M,s*K,…] -> [M*s*…,C,K,…]: phase r of output o takes tap r + s (K-1-m) at position m.
Weights phases_of(const Tensor& w, const std::vector<int64_t>& strides) {
  int axes = w.extents.rank - 2;
  Extents made{w.extents[1], w.extents[0]};
  for (int a = 0; a < axes; ++a) {
    made[0] = checked_mul(made[0], strides[size_t(a)]);
    made.push(w.extents[a + 2] / strides[size_t(a)]);
  }
  View view;
  Weights phases = make_weights(w.element, made, view);
  Extents from = strides_of(w.extents);
  dispatch_size(w.element, [&]<class T>() {
    Walk<0> walk(made, {});
    for (int64_t i = 0, n = view.count(); i < n; ++i, walk.next()) {
      int64_t phase = walk.at(0), offset = walk.at(1) * from[0];
      for (int a = axes - 1; a >= 0; --a) {
        int64_t s = strides[size_t(a)];
        offset += (phase % s + s * (made[a + 2] - 1 - walk.at(a + 2))) * from[a + 2];
        phase /= s;
      }
      view.as<T>()[i] = w.view().as<T>()[offset + phase * from[1]];
    }
  });
  return phases;
}

Weights repeated(const Tensor& b, int64_t times) {
  View view;
  Weights list = make_weights(b.element, {checked_mul(b.extents[0], times)}, view);
  dispatch_size(b.element, [&]<class T>() {
    for (int64_t i = 0, n = view.count(); i < n; ++i) view.as<T>()[i] = b.view().as<T>()[i / times];
  });
  return list;
}

Value& reshaped(Rewriter& rw, Value& x, const Shape& shape) {
  Reshape op(shape);
  op.allow_zero = true;
  return rw.add(op, {&x});
}

Value& list_of(Rewriter& rw, const std::vector<int64_t>& numbers) {
  return rw.add(Constant(make_weights(ElementType::i64, {int64_t(numbers.size())}, numbers)), {});
}

// conv_transpose(x, w, b) -> slice(reshape(transpose(reshape(conv(x, phases of w, b …)))))
Verdict unfold(Rewriter& rw, Node& node) {
  const ConvTranspose& op = *as<ConvTranspose>(node);
  Weights w = constant_of(node.input(1)), b;
  if (!w) return no("the weights are not constant");
  if (node.input_count() == 3 && !(b = constant_of(node.input(2)))) return no("the bias is not constant");
  if (op.groups != 1) return no("it has groups");
  int axes = w->extents.rank - 2;
  int64_t all_phases = 1;
  std::vector<int64_t> strides, starts, ends;
  Conv conv;
  for (int a = 0; a < axes; ++a) {
    int64_t window = w->extents[a + 2], stride = at(op.strides, a, 1), taps = window / stride;
    int64_t begin = at(op.pads_begin, a, 0), end = at(op.pads_end, a, 0) - at(op.output_padding, a, 0);
    if (window % stride != 0) return no("a stride does not divide the window");
    if (at(op.dilations, a, 1) != 1) return no("the window is dilated");
    if (begin < 0 || end < 0) return no("padding adds to the result");
    strides.push_back(stride);
    starts.push_back(begin);
    ends.push_back(end == 0 ? INT64_MAX : -end);
    conv.pads_begin.push_back(taps - 1);
    conv.pads_end.push_back(taps - 1);
    all_phases = checked_mul(all_phases, stride);
  }
  std::vector<Value*> operands{&node.input(0), &rw.add(Constant(phases_of(*w, strides)), {})};
  if (b) operands.push_back(&rw.add(Constant(repeated(*b, all_phases)), {}));
  Value* y = &rw.add(conv, operands);
  if (all_phases > 1) {
    const Shape made = y->shape();
    Shape apart{made[0], w->extents[1]}, together = apart;
    std::vector<int64_t> order{0, 1};
    for (int a = 0; a < axes; ++a) apart.push_back(strides[size_t(a)]);
    for (int a = 0; a < axes; ++a) {
      apart.push_back(made[size_t(a) + 2]);
      together.push_back(made[size_t(a) + 2] * strides[size_t(a)]);
      order.push_back(2 + axes + a);
      order.push_back(2 + a);
    }
    y = &reshaped(rw, rw.add(Transpose(order), {&reshaped(rw, *y, apart)}), together);
  }
  bool cut = std::any_of(starts.begin(), starts.end(), [](int64_t s) { return s != 0; }) ||
             std::any_of(ends.begin(), ends.end(), [](int64_t e) { return e != INT64_MAX; });
  if (cut) {
    Slice slice;
    slice.with_axes = true;
    std::vector<int64_t> along;
    for (int a = 0; a < axes; ++a) along.push_back(a + 2);
    y = &rw.add(slice, {y, &list_of(rw, starts), &list_of(rw, ends), &list_of(rw, along)});
  }
  if (y->shape() != node.output().shape()) y = &reshaped(rw, *y, node.output().shape());  // clamped symbols
  return rw.replace(node, *y);
}

const Rule rules[] = {{"unfold_conv_transpose", "conv_transpose", unfold}};

}  // namespace

const Rules unfold_conv_transpose = rules;

}  // namespace tenon
