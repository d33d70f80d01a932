// An operand as the elements of a result meet it: broadcasting, as a walk with repetitions.
#pragma once
#include "base/extents.h"

namespace tenon {

class PointwiseOperand {
 public:
  PointwiseOperand() = default;
  // `strides` of the operand along the result's `extents`, in elements: 0 where it is repeated.
  PointwiseOperand(const void* data, int64_t element_bytes, const Extents& extents, const Extents& strides);

  struct Sight {
    const void* data;
    int moves;  // 0: one group of equal elements stands for all
  };
  // The elements that meet positions first … first+count-1 of the result: where they lie if that is dense, else
  // gathered in `buffer`, which has room for `count` rounded up to whole groups.
  Sight look(int64_t first, int count, void* buffer) const;

 private:
  template <class T>
  Sight look_at(int64_t first, int count, T* buffer) const;
  template <class T>
  void gather(int64_t first, int count, T* buffer) const;

  const void* data_ = nullptr;
  int64_t element_bytes_ = 0;
  Extents extents_, strides_;  // innermost first, neighbours merged
};

}  // namespace tenon
