// Known extents of a tensor, at most eight, without allocation: what kernels and runtime count with.
#pragma once
#include <array>
#include <initializer_list>
#include <span>

#include "base/checked.h"

namespace tenon {

struct Extents {
  static constexpr int max_rank = 8;
  std::array<int64_t, max_rank> dims{};
  int rank = 0;

  Extents() = default;
  Extents(std::initializer_list<int64_t> list) {
    for (int64_t d : list) push(d);
  }
  explicit Extents(std::span<const int64_t> list) {
    for (int64_t d : list) push(d);
  }
  void push(int64_t d) {
    check(rank < max_rank, ErrorId::limit_exceeded, "rank exceeds ", max_rank);
    dims[size_t(rank++)] = d;
  }
  int64_t operator[](int i) const { return dims[size_t(i)]; }
  int64_t& operator[](int i) { return dims[size_t(i)]; }
  bool operator==(const Extents&) const = default;
  const int64_t* begin() const { return dims.data(); }
  const int64_t* end() const { return dims.data() + rank; }
  int64_t count() const { return count_between(0, rank); }
  int64_t count_between(int first, int last) const {  // product of the extents first..last-1
    int64_t n = 1;
    for (int i = first; i < last; ++i) n = checked_mul(n, dims[size_t(i)]);
    return n;
  }
};

std::string to_text(const Extents& extents);  // [2,3]

// Row-major strides, in elements.
inline Extents strides_of(const Extents& extents) {
  Extents strides = extents;
  int64_t step = 1;
  for (int i = extents.rank - 1; i >= 0; --i) {
    strides[i] = step;
    step = checked_mul(step, extents[i]);
  }
  return strides;
}

// Row-major strides of `from` seen through `to`: 0 where a dimension is repeated by broadcasting.
inline Extents broadcast_strides(const Extents& from, const Extents& to) {
  Extents strides = to;
  int64_t step = 1;
  for (int i = to.rank - 1, j = from.rank - 1; i >= 0; --i, --j) {
    strides[i] = j >= 0 && from[j] != 1 ? step : 0;
    if (j >= 0) step = checked_mul(step, from[j]);
  }
  return strides;
}

// Walks all positions of `extents` in row-major order, with one offset kept for each of N strides.
template <int N>
class Walk {
 public:
  Walk(const Extents& extents, const std::array<Extents, N>& strides) : extents_(extents), strides_(strides) {}
  int64_t offset(int which) const { return offset_[size_t(which)]; }
  int64_t at(int axis) const { return at_[axis]; }
  void next() {
    for (int d = extents_.rank - 1; d >= 0; --d) {
      for (int i = 0; i < N; ++i) offset_[size_t(i)] += strides_[size_t(i)][d];
      if (++at_[d] < extents_[d]) return;
      for (int i = 0; i < N; ++i) offset_[size_t(i)] -= strides_[size_t(i)][d] * extents_[d];
      at_[d] = 0;
    }
  }

 private:
  Extents extents_, at_{};
  std::array<Extents, N> strides_;
  std::array<int64_t, N> offset_{};
};

}  // namespace tenon
