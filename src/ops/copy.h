// All elements in their order, under whatever shape.
#pragma once
#include <cstring>

#include "base/view.h"

namespace tenon {

inline void copy_elements(const ConstView& from, const View& to) {
  check(from.count() == to.count(), "cannot see ", from.extents, " as ", to.extents);
  if (to.count() > 0) std::memcpy(to.data, from.data, size_t(to.count() * size_bytes(to.element)));
}

}  // namespace tenon
