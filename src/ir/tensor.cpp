#include "ir/tensor.h"

#include <cstring>
#include <new>

#include "base/memory.h"

namespace tenon {

namespace {

constexpr int64_t alignment = 64, piece_bytes = 16 << 20;

std::shared_ptr<Tensor> sized(ElementType element, const Extents& extents) {
  auto tensor = std::make_shared<Tensor>(Tensor{element, extents, nullptr, nullptr});
  check(tensor->bytes() <= max_tensor_bytes, ErrorId::limit_exceeded, "a tensor of ", tensor->bytes(),
        " bytes exceeds the limit of ", max_tensor_bytes);
  return tensor;
}

}  // namespace

Weights make_weights(ElementType element, const Extents& extents, View& view) {
  std::shared_ptr<Tensor> tensor = sized(element, extents);
  std::shared_ptr<std::byte> memory = allocate_memory(tensor->bytes() + alignment, "a tensor");
  std::memset(memory.get(), 0, size_t(tensor->bytes() + alignment));
  tensor->data = memory.get();
  tensor->owner = memory;
  view = {memory.get(), element, extents};
  return tensor;
}

Weights WeightsPool::make(ElementType element, const Extents& extents, View& view) {
  std::shared_ptr<Tensor> tensor = sized(element, extents);
  int64_t bytes = align_up(tensor->bytes() + alignment, alignment);
  if (bytes > size_ - used_) {
    size_ = align_up(std::max(bytes, piece_bytes), huge_page);
    used_ = 0;
    piece_ = allocate_memory(size_, "weights");
  }
  std::byte* memory = piece_.get() + used_;
  used_ += bytes;
  tensor->data = memory;
  tensor->owner = piece_;
  view = {memory, element, extents};
  return tensor;
}

bool equal_bytes(const Tensor& a, const Tensor& b) {
  return a.element == b.element && a.extents == b.extents &&
         (a.data == b.data || a.bytes() == 0 || std::memcmp(a.data, b.data, size_t(a.bytes())) == 0);
}

}  // namespace tenon
