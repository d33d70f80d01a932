// Names and sizes of element types.
#include "base/element.h"

namespace tenon {

namespace {
struct Row {
  const char* name;
  int64_t size_bytes;
  int bits = int(8 * size_bytes);
};
constexpr Row rows[element_type_count] = {
    {"f32", 4},    {"f16", 2},       {"bf16", 2},     {"f64", 8},        {"i8", 1},     {"i16", 2},
    {"i32", 4},    {"i64", 8},       {"u8", 1},       {"u16", 2},        {"u32", 4},    {"u64", 8},
    {"bool", 1},   {"string", 0},    {"f8e4m3fn", 1}, {"f8e4m3fnuz", 1}, {"f8e5m2", 1}, {"f8e5m2fnuz", 1},
    {"f8e8m0", 1}, {"f4e2m1", 1, 4}, {"i4", 1, 4},    {"u4", 1, 4},      {"i2", 1, 2},  {"u2", 1, 2}};
}  // namespace

int64_t size_bytes(ElementType e) {
  int64_t size = rows[size_t(e)].size_bytes;
  check(size > 0, ErrorId::unsupported_type, "elements of type ", e, " have no fixed size");
  return size;
}

int bits_of(ElementType e) { return rows[size_t(e)].bits; }

const char* name_of(ElementType e) { return rows[size_t(e)].name; }

ElementType parse_element(std::string_view name) {
  for (int i = 0; i < element_type_count; ++i)
    if (name == rows[i].name) return ElementType(i);
  fail(ErrorId::text_malformed, "no element type is called '", name, "'");
}

std::string to_text(ElementSet set) {
  std::string text;
  for (int i = 0; i < element_type_count; ++i)
    if (set.contains(ElementType(i))) text += concat(text.empty() ? "" : ", ", ElementType(i));
  return text;
}

}  // namespace tenon
