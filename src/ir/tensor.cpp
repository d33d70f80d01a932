#include "ir/tensor.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace tenon {

namespace {

constexpr int64_t alignment = 64, huge_page = 2 << 20, piece_bytes = 16 << 20;

std::shared_ptr<Tensor> sized(ElementType element, const Extents& extents) {
  auto tensor = std::make_shared<Tensor>(Tensor{element, extents, nullptr, nullptr});
  check(tensor->bytes() <= max_tensor_bytes, ErrorId::limit_exceeded, "a tensor of ", tensor->bytes(),
        " bytes exceeds the limit of ", max_tensor_bytes);
  return tensor;
}

std::shared_ptr<std::byte> allocate(int64_t bytes) {
  constexpr auto by = std::align_val_t(alignment);
  void* memory = ::operator new(size_t(bytes), by, std::nothrow);
  check(memory, ErrorId::out_of_memory, "no memory for a tensor of ", bytes, " bytes");
  return {static_cast<std::byte*>(memory), [](std::byte* p) { ::operator delete(p, by); }};
}

// Fresh zeros straight from the system, which gets them back as soon as they are free.
std::shared_ptr<std::byte> map_piece(int64_t bytes) {
  size_t room = size_t(bytes + huge_page);  // the system aligns to small pages
  void* memory = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  check(memory != MAP_FAILED, ErrorId::out_of_memory, "no memory for ", bytes, " bytes of weights");
  auto* aligned = reinterpret_cast<std::byte*>(align_up(int64_t(memory), huge_page));
  ::madvise(aligned, size_t(bytes), MADV_HUGEPAGE);  // a wish: small pages serve as well
  return {aligned, [memory, room](std::byte*) { ::munmap(memory, room); }};
}

}  // namespace

Weights make_weights(ElementType element, const Extents& extents, View& view) {
  std::shared_ptr<Tensor> tensor = sized(element, extents);
  std::shared_ptr<std::byte> memory = allocate(tensor->bytes() + alignment);
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
    piece_ = map_piece(size_);
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
