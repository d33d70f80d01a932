// Walks over an op's fields that want one kind of them: numbers to copy, bodies to list.
#include <algorithm>

#include "ir/network.h"

namespace tenon {

namespace {

struct Walk : FieldVisitor {
  void operator()(const char*, int64_t&) override {}
  void operator()(const char*, double&) override {}
  void operator()(const char*, bool&) override {}
  void operator()(const char*, std::vector<int64_t>&) override {}
  void operator()(const char*, std::vector<double>&) override {}
  void operator()(const char*, Shape&) override {}
  void operator()(const char*, ElementType&) override {}
  void operator()(const char*, TensorType&) override {}
  void operator()(const char*, Weights&) override {}
  void operator()(const char*, Body&) override {}
  void choice(const char*, int&, std::span<const char* const>) override {}
};

// Numbers that a network only points to are the program's, which may free them: a graph has a copy.
struct CopyBorrowed final : Walk {
  using Walk::operator();
  void operator()(const char*, Weights& w) override {
    if (!w || w->owner || !w->data) return;
    View copy;
    Weights owned = make_weights(w->element, w->extents, copy);
    std::copy_n(w->data, w->bytes(), copy.as<std::byte>());
    w = owned;
  }
};

struct ListBodies final : Walk {
  using Walk::operator();
  std::vector<Body> list;
  void operator()(const char*, Body& body) override {
    if (body) list.push_back(body);
  }
};

}  // namespace

std::unique_ptr<Op> owning_copy(const Op& op) {
  std::unique_ptr<Op> copy = op.clone();
  CopyBorrowed copy_borrowed;
  copy->fields(copy_borrowed);
  return copy;
}

std::vector<Body> bodies_of(const Op& op) {
  ListBodies bodies;
  const_cast<Op&>(op).fields(bodies);  // looking at them changes none
  return std::move(bodies.list);
}

}  // namespace tenon
