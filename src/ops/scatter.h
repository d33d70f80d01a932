// How an update meets what is there (ONNX ScatterElements and ScatterND 18): one after the other, in row-major order.
#pragma once
#include <type_traits>

#include "base/dispatch.h"
#include "ir/op.h"

namespace tenon {

enum class ScatterKind { none, add, mul, max, min };
constexpr const char* scatter_kind_names[] = {"none", "add", "mul", "max", "min"};

// The elements' types, by size alone where they are only moved.
template <class F>
void dispatch_scatter(ScatterKind kind, ElementType e, F f) {
  if (kind == ScatterKind::none) dispatch_size(e, f);
  else dispatch(e, f);
}

template <class T>
void scatter_into(ScatterKind kind, T& there, T update) {  // NaN wins in max and min
  if constexpr (std::is_same_v<T, bool>) {
    there = update;
  } else {
    Wide<T> a(there), b(update);
    if (kind == ScatterKind::none) there = update;
    else if (kind == ScatterKind::add) there = T(a + b);
    else if (kind == ScatterKind::mul) there = T(a * b);
    else if (kind == ScatterKind::max) there = a != a || a > b ? there : update;
    else there = a != a || a < b ? there : update;
  }
}

inline void check_scatter(ScatterKind kind, const Inputs& in) {
  in.check_count(3, 3);
  in.check_element(0, kind == ScatterKind::none ? plain_types : number_types, "x");
  in.check_same_element(0, 2);
}

}  // namespace tenon
