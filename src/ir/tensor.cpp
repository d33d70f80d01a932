#include "ir/tensor.h"

#include <cstring>
#include <new>

namespace tenon {

Weights make_weights(ElementType element, const Extents& extents, View& view) {
  auto tensor = std::make_shared<Tensor>(Tensor{element, extents, nullptr, nullptr});
  int64_t bytes = tensor->bytes();
  check(bytes <= max_tensor_bytes, ErrorId::limit_exceeded, "a tensor of ", bytes, " bytes exceeds the limit of ",
        max_tensor_bytes);
  void* memory = ::operator new(size_t(bytes) + 64, std::align_val_t(64), std::nothrow);
  check(memory, ErrorId::out_of_memory, "no memory for a tensor of ", bytes, " bytes");
  std::memset(memory, 0, size_t(bytes) + 64);
  tensor->owner = std::shared_ptr<const void>(
      memory, [](const void* p) { ::operator delete(const_cast<void*>(p), std::align_val_t(64)); });
  tensor->data = static_cast<const std::byte*>(memory);
  view = {memory, element, extents};
  return tensor;
}

bool equal_bytes(const Tensor& a, const Tensor& b) {
  return a.element == b.element && a.extents == b.extents &&
         (a.data == b.data || a.bytes() == 0 || std::memcmp(a.data, b.data, size_t(a.bytes())) == 0);
}

}  // namespace tenon
