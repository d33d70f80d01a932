// What a graph takes over from a network that only points to a program's numbers.
#include <algorithm>

#include "ir/network.h"

namespace tenon {

namespace {

// Numbers that a network only points to are the program's, which may free them: a graph has a copy.
struct CopyBorrowed final : FieldVisitor {
  void operator()(const char*, Weights& w) override {
    if (!w || w->owner || !w->data) return;
    View copy;
    Weights owned = make_weights(w->element, w->extents, copy);
    std::copy_n(w->data, w->bytes(), copy.as<std::byte>());
    w = owned;
  }
  void operator()(const char*, int64_t&) override {}
  void operator()(const char*, double&) override {}
  void operator()(const char*, bool&) override {}
  void operator()(const char*, std::vector<int64_t>&) override {}
  void operator()(const char*, std::vector<double>&) override {}
  void operator()(const char*, Shape&) override {}
  void operator()(const char*, ElementType&) override {}
  void operator()(const char*, TensorType&) override {}
  void choice(const char*, int&, std::span<const char* const>) override {}
};

}  // namespace

std::unique_ptr<Op> owning_copy(const Op& op) {
  std::unique_ptr<Op> copy = op.clone();
  CopyBorrowed copy_borrowed;
  copy->fields(copy_borrowed);
  return copy;
}

}  // namespace tenon
