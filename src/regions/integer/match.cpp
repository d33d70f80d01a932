#include "regions/integer/match.h"

#include <algorithm>
#include <cmath>

#include "base/dispatch.h"
#include "ops/cast/cast.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "ops/dequantize/dequantize.h"
#include "ops/matmul/matmul.h"

namespace tenon {

namespace {

constexpr ElementSet byte_types = ElementType::u8 | ElementType::i8;
constexpr ElementSet sum_types = ElementType::f32 | ElementType::f64 | ElementType::i32;
constexpr int32_t widest = 255;             // of a weight: a byte minus its zero point
constexpr double sum_limit = 0x1p31 - 256;  // below, a float nearest to a sum is an i32, too

bool is_conv(const Node& node) { return as<Conv>(node) != nullptr; }

// The node that subtracts a zero point, or null.
const Node* centring(const Value& v) {
  return std::string_view(v.producer->info().name) == "sub" && constant_of(v.producer->input(1)) ? v.producer : nullptr;
}

double number_at(const Tensor& t, int64_t i) {
  Scalar s = load_scalar(t.data + i * size_bytes(t.element), t.element);
  return float_types.contains(t.element) ? s.f : double(s.i);
}

// Weights as the anchor has them: `columns` runs of `inner`, or the other way round.
struct Matrix {
  const Tensor& data;
  int64_t columns, inner;
  bool by_columns;
};

struct Survey {
  double least = 0, most = 0;
  std::vector<double> magnitudes;  // summed over each column
  bool whole = true;
};

template <class T>
Survey survey_of(const T* w, const Matrix& m) {
  Survey s;
  s.magnitudes.assign(size_t(m.columns), 0);
  int64_t outer = m.by_columns ? m.columns : m.inner, run = m.by_columns ? m.inner : m.columns;
  bool fine = true;
  for (int64_t o = 0; o < outer; ++o, w += run) {
    T least = 0, most = 0;
    for (int64_t i = 0; i < run; ++i) {
      least = std::min(least, w[i]), most = std::max(most, w[i]);
      fine &= w[i] >= T(-widest) && w[i] <= T(widest);
    }
    if (!fine) break;
    int64_t sum = 0;
    for (int64_t i = 0; i < run; ++i) {
      auto x = int32_t(w[i]);
      fine &= T(x) == w[i];
      if (m.by_columns) sum += std::abs(x);
      else s.magnitudes[size_t(i)] += std::abs(x);
    }
    if (m.by_columns) s.magnitudes[size_t(o)] = double(sum);
    s.least = std::min(s.least, double(least)), s.most = std::max(s.most, double(most));
  }
  s.whole = fine;
  return s;
}

Survey survey(const Matrix& m) {
  if (m.data.element == ElementType::f32) return survey_of(m.data.view().as<float>(), m);
  if (m.data.element == ElementType::f64) return survey_of(m.data.view().as<double>(), m);
  return survey_of(m.data.view().as<int32_t>(), m);
}

Matrix matrix_of(const Node& anchor) {
  const Tensor& w = *constant_of(anchor.input(1));
  if (is_conv(anchor)) return {w, w.extents[0], w.extents.count_between(1, w.extents.rank), true};
  bool turned = as<MatMul>(anchor)->transpose_b;
  return {w, w.extents[turned ? 0 : 1], w.extents[turned ? 1 : 0], turned};
}

// The bytes behind an operand, and what is subtracted from them.
const char* match_bytes(const Value& operand, Integers& found) {
  const Value* v = &operand;
  if (const Node* sub = centring(*v)) {
    Weights zero = constant_of(sub->input(1));
    if (zero->extents.count() != 1 || sub->input(0).shape() != v->shape()) return "there are several zero points";
    double number = number_at(*zero, 0);
    if (!(std::abs(number) <= widest) || number != std::nearbyint(number)) return "the zero point is no byte";
    found.zero = int32_t(number);
    found.before.insert(found.before.begin(), sub);
    v = &sub->input(0);
  }
  found.before.insert(found.before.begin(), v->producer);
  found.x = &v->producer->input(0);
  bool is_signed = found.x->element() == ElementType::i8;
  if (found.zero < (is_signed ? -128 : 0) || found.zero > (is_signed ? 127 : 255)) return "the zero point is no byte";
  return nullptr;
}

const char* misfit(const Node& node, const Extents& w, Integers& found) {
  if (const MatMul* op = as<MatMul>(node)) {
    if (op->transpose_a) return "rows are stored as columns";
    return w.rank != 2 ? "weights are no matrix" : nullptr;
  }
  int64_t groups = as<Conv>(node)->groups;
  const Dim& channels = node.input(0).shape()[1];
  if (!channels.known()) return "the number of channels is not known";
  found.depthwise = groups > 1 && w[1] == 1 && channels == Dim(groups) && w[0] == groups;
  if (groups > 1 && !found.depthwise) return "groups of several channels or results";
  return found.depthwise && w.rank != 4 ? "depthwise along other than two axes" : nullptr;
}

// Whether every sum fits: bytes at their farthest from the zero point.
bool sums_fit(const Integers& found, const Survey& weights, const Tensor* bias) {
  bool is_signed = found.x->element() == ElementType::i8;
  double reach = std::max((is_signed ? 127 : 255) - found.zero, found.zero - (is_signed ? -128 : 0));
  for (size_t c = 0; c < weights.magnitudes.size(); ++c)
    if (weights.magnitudes[c] * reach + (bias ? std::abs(number_at(*bias, int64_t(c))) : 0) >= sum_limit) return false;
  return true;
}

// What the tail reads beside the sums and makes itself: cheaper from bytes than stored as floats.
void take_sides(const Value& result, Integers& found) {
  std::vector<const Node*> all;
  for (const Node* n : found.tail) {
    for (const Value* v : n->inputs()) {
      const Node* p = v->producer;
      bool inside = std::find(all.begin(), all.end(), p) != all.end() || p == found.anchor;
      bool cheap = (as<Dequantize>(*p) || as<Cast>(*p)) && byte_types.contains(p->input(0).element());
      if (!inside && cheap && v->shape() == result.shape() && is_pointwise(*p)) all.push_back(p);
    }
    all.push_back(n);
  }
  found.tail = std::move(all);
}

}  // namespace

bool is_integer_anchor(const Node& node) {
  if (!as<Conv>(node) && !as<MatMul>(node)) return false;
  const Value* v = &node.input(0);
  if (const Node* sub = centring(*v)) v = &sub->input(0);
  return as<Cast>(*v) && byte_types.contains(v->producer->input(0).element()) &&
         sum_types.contains(node.output().element());
}

const char* match_integers(const Epilogue& e, Integers& found) {
  const Node& anchor = e.anchor();
  found.anchor = &anchor;
  found.tail.assign(e.region.nodes.begin() + 1, e.region.nodes.end());
  if (const char* reason = match_bytes(anchor.input(0), found)) return reason;
  Weights w = constant_of(anchor.input(1));
  if (!w) return "weights are not constant";
  if (w->extents.count() == 0) return "nothing to compute";
  if (const char* reason = misfit(anchor, w->extents, found)) return reason;
  Survey weights = survey(matrix_of(anchor));
  if (!weights.whole) return "weights are no whole numbers of 8 bits";
  if (weights.most - weights.least > widest) return "weights do not fit in 8 bits";
  Weights bias = anchor.input_count() == 3 ? constant_of(anchor.input(2)) : nullptr;
  if (anchor.input_count() == 3 && !bias) return "weights are not constant";
  for (int64_t c = 0; bias && c < bias->extents.count(); ++c)
    if (double b = number_at(*bias, c); b != std::nearbyint(b)) return "the bias is no whole number";
  if (!sums_fit(found, weights, bias.get())) return "sums could leave 32 bits";
  found.columns = int64_t(weights.magnitudes.size());
  found.least = int32_t(weights.least), found.most = int32_t(weights.most);
  take_sides(e.region.root().output(), found);
  std::vector<const Node*> nodes = found.before;
  nodes.push_back(&anchor);
  nodes.insert(nodes.end(), found.tail.begin(), found.tail.end());
  found.region = Region(std::move(nodes));
  return nullptr;
}

std::vector<int32_t> Integers::weights() const {
  Matrix m = matrix_of(*anchor);
  int64_t taps = is_conv(*anchor) ? m.data.extents.count_between(2, m.data.extents.rank) : 1, channels = m.inner / taps;
  std::vector<int32_t> list(size_t(m.inner * columns));
  dispatch(m.data.element, [&]<class T>() {
    if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, int32_t>)
      for (int64_t c = 0; c < columns; ++c)
        for (int64_t k = 0; k < m.inner; ++k) {
          int64_t row = k % taps * channels + k / taps, from = m.by_columns ? c * m.inner + k : k * columns + c;
          list[size_t(row * columns + c)] = int32_t(m.data.view().as<T>()[from]);
        }
  });
  return list;
}

std::vector<int32_t> Integers::bias() const {
  std::vector<int32_t> list(size_t(columns), 0);
  if (anchor->input_count() == 3)
    for (size_t c = 0; c < list.size(); ++c) list[c] = int32_t(number_at(*constant_of(anchor->input(2)), int64_t(c)));
  return list;
}

}  // namespace tenon
