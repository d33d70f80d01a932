#include "plan/narrow_filter.h"

#include <algorithm>
#include <cmath>

#include "base/half.h"
#include "ir/node.h"
#include "ops/conv/conv.h"
#include "ops/matmul/matmul.h"

namespace tenon {

namespace {

std::optional<Sums> sums_of(const Value& value, const Extents& e) {
  const Node* first = value.users.empty() ? nullptr : value.users[0];
  if (!first || e.rank < 2 || e.count() == 0) return {};
  const auto* matmul = as<MatMul>(*first);
  if (!as<Conv>(*first) && !(matmul && e.rank == 2)) return {};
  for (const Node* user : value.users) {
    const auto* other = as<MatMul>(*user);
    bool alike = user->info().name == first->info().name && (!other || other->transpose_b == matmul->transpose_b);
    if (!alike || &user->input(1) != &value || &user->input(0) == &value) return {};
  }
  if (matmul && !matmul->transpose_b) return Sums{e[1], e[0], 1, e[1]};
  int64_t length = e.count() / e[0];
  return Sums{e[0], length, length, 1};
}

uint16_t neighbour(uint16_t bits, bool above) {
  if ((bits & 0x7fff) == 0) return above ? 0x0001 : 0x8001;
  bool positive = !(bits & 0x8000);
  return uint16_t(positive == above ? bits + 1 : bits - 1);
}

struct Candidate {
  double detour;  // how much farther the other neighbour is, in steps
  int64_t at;
  uint16_t other;
  double step;
  bool operator<(const Candidate& o) const {
    return detour != o.detour ? detour > o.detour : at > o.at;
  }  // least on top
};

template <class T>
void round_row(const float* x, T* y, const Sums& sums, std::vector<Candidate>& heap) {
  auto error = [&](int64_t i) { return double(float(y[i * sums.stride])) - double(x[i * sums.stride]); };
  double total = 0;
  for (int64_t i = 0; i < sums.length; ++i) {
    y[i * sums.stride] = T(x[i * sums.stride]);
    total += error(i);
  }
  if (!std::isfinite(total)) return;
  heap.clear();
  for (int64_t i = 0; i < sums.length; ++i) {
    double e = error(i);
    if (e * total <= 0) continue;
    T now = y[i * sums.stride], other;
    other.bits = neighbour(now.bits, e < 0);
    double step = double(float(other)) - double(float(now));
    if (std::isfinite(step)) heap.push_back({1 - 2 * std::abs(e / step), i, other.bits, step});
  }
  std::make_heap(heap.begin(), heap.end());
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end());
    Candidate c = heap.back();
    heap.pop_back();
    if (std::abs(total + c.step) >= std::abs(total)) continue;
    y[c.at * sums.stride].bits = c.other;
    total += c.step;
  }
}

template <class T>
Weights rounded(const Tensor& weights, const Sums& sums, ElementType half) {
  View view;
  Weights made = make_weights(half, weights.extents, view);
  const auto* x = reinterpret_cast<const float*>(weights.data);
  std::vector<Candidate> heap;
  for (int64_t r = 0; r < sums.rows; ++r)
    round_row(x + r * sums.row_stride, view.as<T>() + r * sums.row_stride, sums, heap);
  return made;
}

}  // namespace

Weights round_keeping_sums(const Tensor& weights, const Sums& sums, ElementType half) {
  return half == ElementType::f16 ? rounded<Half>(weights, sums, half) : rounded<BFloat16>(weights, sums, half);
}

Weights narrow_filter(const Value& value, const Tensor& weights, ElementType half) {
  if (weights.element != ElementType::f32 || !half_types.contains(half)) return nullptr;
  std::optional<Sums> sums = sums_of(value, weights.extents);
  return sums ? round_keeping_sums(weights, *sums, half) : nullptr;
}

}  // namespace tenon
