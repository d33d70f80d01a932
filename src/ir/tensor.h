// Weights: immutable plain row-major storage, shared by network, graphs, plans and engine; never copied for sharing.
#pragma once
#include <memory>
#include <vector>

#include "base/view.h"

namespace tenon {

struct Tensor {
  ElementType element = ElementType::f32;
  Extents extents;
  std::shared_ptr<const void> owner;  // keeps `data` alive: a buffer of our own, or the model file it lies in
  const std::byte* data = nullptr;

  int64_t bytes() const { return checked_mul(extents.count(), size_bytes(element)); }
  ConstView view() const { return {data, element, extents}; }
};

using Weights = std::shared_ptr<const Tensor>;

constexpr int64_t max_tensor_bytes = int64_t(1) << 40;

// Fresh zeroed memory, 64-byte aligned, to be filled through `view` and then never changed.
Weights make_weights(ElementType element, const Extents& extents, View& view);
// Packs many weights into few large pieces of memory, in huge pages where the system grants them: a network whose
// weights stream from memory spends a tenth of its time on address translation otherwise. A piece lives as long as any
// of its weights.
class WeightsPool {
 public:
  Weights make(ElementType element, const Extents& extents, View& view);

 private:
  std::shared_ptr<std::byte> piece_;
  int64_t used_ = 0, size_ = 0;
};

template <class T>
Weights make_weights(ElementType element, const Extents& extents, const std::vector<T>& values) {
  View view;
  Weights weights = make_weights(element, extents, view);
  check(int64_t(values.size()) == extents.count() && int64_t(sizeof(T)) == size_bytes(element), ErrorId::internal,
        "weights of ", values.size(), " elements for ", extents);
  std::copy(values.begin(), values.end(), view.as<T>());
  return weights;
}
bool equal_bytes(const Tensor& a, const Tensor& b);

}  // namespace tenon
