#include "ops/unique/unique.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/dispatch.h"
#include "ops/late.h"

namespace tenon {

OP(Unique, unique)

Types Unique::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, computed_types, "x");
  TensorType y = in[0];
  Dim& along = y.shape[size_t(axis_of(axis, y.rank()))];
  TensorType places{ElementType::i64, {along}}, each{ElementType::i64, {late_extent(count, "count")}};
  along = count[0];
  return {y, each, places, each};
}

void Unique::evaluate(ConstViews, Views) const { needs_late_results(); }

namespace {

template <class T>
int compare(const T& left, const T& right) {
  Wide<T> a(left), b(right);
  if (a < b) return -1;
  if (a > b) return 1;
  return int(a != a) - int(b != b);
}

// Subtensors along one axis: `outer` pieces of `inner` elements each.
struct Subtensors {
  const ConstView& x;
  int64_t outer, extent, inner;

  template <class T>
  int compare(int64_t i, int64_t k) const {
    for (int64_t o = 0; o < outer; ++o) {
      const T *a = x.as<T>() + (o * extent + i) * inner, *b = x.as<T>() + (o * extent + k) * inner;
      for (int64_t at = 0; at < inner; ++at)
        if (int order = tenon::compare(a[at], b[at])) return order;
    }
    return 0;
  }
};

struct Group {
  int64_t first, count;
};

// Equal ones stand side by side once all are sorted, the first of them in front.
template <class T>
std::vector<Group> find_groups(const Subtensors& s, bool sorted, int64_t* group_of) {
  std::vector<int64_t> order(size_t(s.extent));
  std::iota(order.begin(), order.end(), 0);
  if (s.outer * s.inner > 0)
    std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t k) { return s.compare<T>(i, k) < 0; });
  std::vector<Group> groups;
  for (int64_t i : order) {
    if (groups.empty() || s.compare<T>(groups.back().first, i)) groups.push_back({i, 0});
    ++groups.back().count;
    group_of[i] = groups.back().first;
  }
  if (!sorted)
    std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) { return a.first < b.first; });
  std::vector<int64_t>& rank = order;  // of the group that begins at a place
  for (size_t g = 0; g < groups.size(); ++g) rank[size_t(groups[g].first)] = int64_t(g);
  for (int64_t i = 0; i < s.extent; ++i) group_of[i] = rank[size_t(group_of[i])];
  return groups;
}

}  // namespace

void Unique::evaluate_late(ConstViews in, LateResults& out) const {
  check_operands(*this, in);
  const ConstView& x = in[0];
  int along = axis_of(axis, x.rank());
  Subtensors s{x, x.extents.count_between(0, along), x[along], x.extents.count_between(along + 1, x.rank())};
  int64_t* group_of = out.make(2, {s.extent}).as<int64_t>();
  std::vector<Group> groups = dispatch(x.element, [&]<class T>() { return find_groups<T>(s, sorted, group_of); });
  Extents extents = x.extents;
  extents[along] = int64_t(groups.size());
  auto* y = out.make(0, extents).as<std::byte>();
  int64_t block = s.inner * size_bytes(x.element);
  for (int64_t o = 0; o < s.outer && block > 0; ++o)
    for (const Group& g : groups) {
      std::memcpy(y, x.as<std::byte>() + (o * s.extent + g.first) * block, size_t(block));
      y += block;
    }
  auto* first = out.make(1, {extents[along]}).as<int64_t>();
  auto* counts = out.make(3, {extents[along]}).as<int64_t>();
  for (const Group& g : groups) *first++ = g.first, *counts++ = g.count;
}

}  // namespace tenon
