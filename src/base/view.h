// Typed memory that kernels read and write: a pointer, an element type, extents. Row-major unless a kernel says else.
#pragma once
#include "base/element.h"
#include "base/extents.h"

namespace tenon {

struct ConstView {
  const void* data = nullptr;
  ElementType element = ElementType::f32;
  Extents extents;

  int64_t operator[](int i) const { return extents[i]; }
  int rank() const { return extents.rank; }
  int64_t count() const { return extents.count(); }
  template <class T>
  const T* as() const {
    return static_cast<const T*>(data);
  }
};

struct View {
  void* data = nullptr;
  ElementType element = ElementType::f32;
  Extents extents;

  int64_t operator[](int i) const { return extents[i]; }
  int rank() const { return extents.rank; }
  int64_t count() const { return extents.count(); }
  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
  operator ConstView() const { return {data, element, extents}; }
};

using ConstViews = std::span<const ConstView>;
using Views = std::span<const View>;

// Results whose extents follow from values: whoever computes them asks for memory once it knows.
class LateResults {
 public:
  virtual ~LateResults() = default;
  virtual View make(int result, const Extents& extents) = 0;
};

}  // namespace tenon
