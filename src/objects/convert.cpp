#include "objects/convert.h"

#include <algorithm>

namespace tenon::objects {

namespace {

struct Pair {
  DataType type;
  ElementType element;
};
constexpr Pair pairs[] = {
    {DataType::float_, ElementType::f32},   {DataType::half, ElementType::f16},
    {DataType::bf16, ElementType::bf16},    {DataType::int8, ElementType::i8},
    {DataType::int32, ElementType::i32},    {DataType::int64, ElementType::i64},
    {DataType::uint8, ElementType::u8},     {DataType::bool_, ElementType::boolean},
    {DataType::fp8, ElementType::f8e4m3fn}, {DataType::e8m0, ElementType::f8e8m0},
    {DataType::int4, ElementType::i4},      {DataType::fp4, ElementType::f4e2m1},
};

void check_rank(const Dims& dims) {
  check(dims.n >= 0 && dims.n <= 8, "a shape of ", dims.n, " dimensions; 0 to 8 are possible");
}

}  // namespace

ElementType element_of(DataType type) {
  for (const Pair& p : pairs)
    if (p.type == type) return p.element;
  fail(ErrorId::unsupported_type, "tensors of DataType number ", int(type));
}

DataType data_type_of(ElementType element) {
  for (const Pair& p : pairs)
    if (p.element == element) return p.type;
  fail(ErrorId::unsupported_type, "the API has no DataType for ", element);
}

void check_whole_bytes(ElementType element, const std::string& name) {
  check(bits_of(element) >= 8, ErrorId::unsupported_type, "'", name, "' is of ", element,
        ", of which programs hold two in a byte; inside of a network alone is that possible");
}

Dims dims_of(const Shape& shape) {
  check(shape.size() <= 8, ErrorId::unsupported, "the API's shapes have 8 dimensions at most, found ", shape.size());
  Dims dims;
  for (const Dim& d : shape) dims.d[dims.n++] = d.known() ? d.value() : -1;
  return dims;
}

Dims dims_of(const Extents& extents) {
  Dims dims;
  for (int64_t d : extents) dims.d[dims.n++] = d;
  return dims;
}

Shape shape_of(const Dims& dims, const std::string& name) {
  check_rank(dims);
  Shape shape;
  for (int i = 0; i < dims.n; ++i) {
    check(dims.d[i] >= -1, "extent ", i, " of '", name, "' is ", dims.d[i], "; -1 marks an open one");
    shape.push_back(dims.d[i] < 0 ? Dim::symbol(concat(name, ".", i)) : Dim(dims.d[i]));
  }
  return shape;
}

const Dim& batch_extent() {
  static const Dim batch = Dim::symbol("batch$");
  return batch;
}

Dims without_batch(const Dims& dims) {
  Dims rest = dims;
  rest.n = dims.n - 1;
  std::copy(dims.d + 1, dims.d + 8, rest.d);
  return rest;
}

std::string symbol_of_element(const std::string& input, int64_t i) { return symbol_name(concat(input, ".value", i)); }

Extents extents_of(const Dims& dims) {
  check_rank(dims);
  Extents extents;
  for (int i = 0; i < dims.n; ++i) {
    check(dims.d[i] >= 0, "extent ", i, " of ", to_text(dims), " is open; a run needs numbers");
    extents.push(dims.d[i]);
  }
  return extents;
}

std::vector<int64_t> list_of(const Dims& dims) {
  check_rank(dims);
  return {dims.d, dims.d + dims.n};
}

const char* text_or_refuse(const char* text, const char* what) {
  check(text, what, " is null");
  return text;
}

}  // namespace tenon::objects
