// The bodies that each width instantiates.
#pragma once
#include <algorithm>
#include <cmath>

#include "kernels/cpu/reduce.h"
#include "kernels/cpu/simd.h"

namespace tenon {

constexpr int64_t reduce_block = 64;  // terms summed in one go

template <Reduction kind>
constexpr float reduction_start = kind == Reduction::max   ? -INFINITY
                                  : kind == Reduction::min ? INFINITY
                                                           : 0.f;

// What one term contributes, and how two results become one.
template <Reduction kind, int N>
inline Floats<N> term(Floats<N> x) {
  if constexpr (kind == Reduction::l1) return (Floats<N>)((Ints<N>)x & 0x7fffffff);
  else if constexpr (kind == Reduction::sum_square) return x * x;
  else return x;
}
template <Reduction kind, int N>
inline Floats<N> joined(Floats<N> a, Floats<N> b) {
  if constexpr (kind == Reduction::max) return max<N>(a, b);
  else if constexpr (kind == Reduction::min) return min<N>(a, b);
  else return a + b;
}

template <Reduction kind, int N>
void columns(const float* x, int64_t length, int64_t step, float* y, int64_t lanes) {
  using F = Floats<N>;
  constexpr int wide = 4;
  auto strip = [&](auto vectors_known, const float* from, float* to, int64_t last_lanes) {
    constexpr int vectors = vectors_known;
    F total[vectors];
    for (F& t : total) t = splat<N>(reduction_start<kind>);
    for (int64_t first = 0; first < length; first += reduce_block) {
      F part[vectors];
      for (F& p : part) p = splat<N>(reduction_start<kind>);
      for (int64_t i = first; i < std::min(length, first + reduce_block); ++i)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) {
          const float* at = from + i * step + v * N;
          F value = vectors == 1 && last_lanes < N ? load_some<N>(at, last_lanes) : load<N>(at);
          part[v] = joined<kind, N>(part[v], term<kind, N>(value));
        }
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) total[v] = joined<kind, N>(total[v], part[v]);
    }
    for (int v = 0; v < vectors; ++v) store_some<N>(to + v * N, vectors == 1 ? last_lanes : N, total[v]);
  };
  int64_t j = 0;
  for (; j + wide * N <= lanes; j += wide * N) strip(std::integral_constant<int, wide>(), x + j, y + j, N);
  for (; j < lanes; j += N) strip(std::integral_constant<int, 1>(), x + j, y + j, std::min<int64_t>(N, lanes - j));
}

template <Reduction kind, int N>
float row(const float* x, int64_t length) {
  using F = Floats<N>;
  constexpr int64_t wide = 4 * N, block = reduce_block * wide;
  F total = splat<N>(reduction_start<kind>);
  for (int64_t first = 0; first < length; first += block) {
    F part[4];
    for (F& p : part) p = splat<N>(reduction_start<kind>);
    int64_t past = std::min(length, first + block), i = first;
    for (; i + wide <= past; i += wide)
#pragma GCC unroll 4
      for (int v = 0; v < 4; ++v) part[v] = joined<kind, N>(part[v], term<kind, N>(load<N>(x + i + v * N)));
    for (; i < past; i += N) {
      F value = load_some<N>(x + i, std::min<int64_t>(N, past - i), reduction_start<kind>);
      part[0] = joined<kind, N>(part[0], i + N <= past || reduction_start<kind> == 0 ? term<kind, N>(value) : value);
    }
    total =
        joined<kind, N>(total, joined<kind, N>(joined<kind, N>(part[0], part[1]), joined<kind, N>(part[2], part[3])));
  }
  if constexpr (kind == Reduction::max) return max_of_lanes<N>(total);
  else if constexpr (kind == Reduction::min) return -max_of_lanes<N>(-total);
  else return sum_of_lanes<N>(total);
}

template <int N>
void reduce_columns(Reduction kind, const float* x, int64_t length, int64_t step, float* y, int64_t lanes) {
  switch (kind) {
    case Reduction::sum: return columns<Reduction::sum, N>(x, length, step, y, lanes);
    case Reduction::max: return columns<Reduction::max, N>(x, length, step, y, lanes);
    case Reduction::min: return columns<Reduction::min, N>(x, length, step, y, lanes);
    case Reduction::l1: return columns<Reduction::l1, N>(x, length, step, y, lanes);
    case Reduction::sum_square: return columns<Reduction::sum_square, N>(x, length, step, y, lanes);
  }
}

template <int N>
float reduce_row(Reduction kind, const float* x, int64_t length) {
  switch (kind) {
    case Reduction::sum: return row<Reduction::sum, N>(x, length);
    case Reduction::max: return row<Reduction::max, N>(x, length);
    case Reduction::min: return row<Reduction::min, N>(x, length);
    case Reduction::l1: return row<Reduction::l1, N>(x, length);
    default: return row<Reduction::sum_square, N>(x, length);
  }
}

}  // namespace tenon
