// Between the API's types and the core's.
#pragma once
#include "ir/type.h"
#include "objects/object.h"

namespace tenon::objects {

ElementType element_of(DataType type);  // refuses what the core has no elements for
DataType data_type_of(ElementType element);
void check_whole_bytes(ElementType element, const std::string& name);  // of what programs bind
Dims dims_of(const Shape& shape);                                      // -1 where an extent is open
Dims dims_of(const Extents& extents);
// Open extents become symbols: "NAME.0" for axis 0 of the input NAME.
Shape shape_of(const Dims& dims, const std::string& name);
// The extent of the axis that networks with implicit batch do not show: in front of all others.
const Dim& batch_extent();
Dims without_batch(const Dims& dims);
std::string symbol_of_element(const std::string& input, int64_t i);
Extents extents_of(const Dims& dims);                            // refuses open ones
std::vector<int64_t> list_of(const Dims& dims);                  // any numbers
const char* text_or_refuse(const char* text, const char* what);  // refuses null

template <class List>
auto& pick(const List& list, int32_t i, const char* what) {
  check(i >= 0 && size_t(i) < list.size(), what, " ", i, " does not exist; there are ", list.size());
  return list[size_t(i)];
}

}  // namespace tenon::objects
