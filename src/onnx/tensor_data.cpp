// A tensor's elements, from whichever of ONNX's six places holds them, checked against its type and shape.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <type_traits>

#include "base/checked.h"
#include "base/packed.h"
#include "onnx/external_data.h"
#include "onnx/model.h"
#include "onnx/wire.h"

namespace tenon::onnx {

namespace {

struct OnnxType {
  const char* name;
  ElementType element;
  uint32_t field;  // of TensorProto, where elements stand that are not in raw_data; 0: Tenon lacks the type
};
constexpr ElementType none = ElementType::string;
constexpr uint32_t raw_field = 9;
constexpr OnnxType types[] = {{"UNDEFINED", none, 0},
                              {"FLOAT", ElementType::f32, 4},
                              {"UINT8", ElementType::u8, 5},
                              {"INT8", ElementType::i8, 5},
                              {"UINT16", ElementType::u16, 5},
                              {"INT16", ElementType::i16, 5},
                              {"INT32", ElementType::i32, 5},
                              {"INT64", ElementType::i64, 7},
                              {"STRING", ElementType::string, 6},
                              {"BOOL", ElementType::boolean, 5},
                              {"FLOAT16", ElementType::f16, 5},
                              {"DOUBLE", ElementType::f64, 10},
                              {"UINT32", ElementType::u32, 11},
                              {"UINT64", ElementType::u64, 11},
                              {"COMPLEX64", none, 0},
                              {"COMPLEX128", none, 0},
                              {"BFLOAT16", ElementType::bf16, 5},
                              {"FLOAT8E4M3FN", ElementType::f8e4m3fn, 5},
                              {"FLOAT8E4M3FNUZ", ElementType::f8e4m3fnuz, 5},
                              {"FLOAT8E5M2", ElementType::f8e5m2, 5},
                              {"FLOAT8E5M2FNUZ", ElementType::f8e5m2fnuz, 5},
                              {"UINT4", ElementType::u4, 5},
                              {"INT4", ElementType::i4, 5},
                              {"FLOAT4E2M1", ElementType::f4e2m1, 5},
                              {"FLOAT8E8M0", ElementType::f8e8m0, 5},
                              {"UINT2", ElementType::u2, 5},
                              {"INT2", ElementType::i2, 5}};

const char* field_name(uint32_t field) {
  switch (field) {
    case 4: return "float_data";
    case 5: return "int32_data";
    case 6: return "string_data";
    case 7: return "int64_data";
    case 9: return "raw_data";
    case 10: return "double_data";
    default: return "uint64_data";
  }
}

// Calls take(field) for every field that holds elements.
template <class Take>
void each_element_field(const Tensor& tensor, Take take) {
  MessageReader fields(tensor.message);
  for (Field f; fields.next(f);) {
    switch (f.key) {
      case as_bytes(3): fail(ErrorId::unsupported, "a tensor in segments is not supported");
      case as_bytes(4):
      case as_fixed32(4):
      case as_bytes(5):
      case as_varint(5):
      case as_bytes(6):
      case as_bytes(7):
      case as_varint(7):
      case as_bytes(9):
      case as_bytes(10):
      case as_fixed64(10):
      case as_bytes(11):
      case as_varint(11): take(f); break;
      default: break;
    }
  }
}

struct Stored {
  uint32_t field = 0;  // 0: no field holds elements
  int64_t count = 0;   // of elements; for raw_data of bytes
  std::span<const std::byte> raw;
};

Stored stored_in(const Tensor& tensor) {
  Stored stored;
  each_element_field(tensor, [&](const Field& f) {
    check(stored.field == 0 || stored.field == f.number(), ErrorId::onnx_malformed, "it has both ",
          field_name(stored.field), " and ", field_name(f.number()));
    check(stored.raw.data() == nullptr, ErrorId::onnx_malformed, "it has raw_data twice");
    stored.field = f.number();
    switch (f.number()) {
      case 4: stored.count += f.count_fixed<float>(); break;
      case 6: ++stored.count; break;
      case raw_field: stored.raw = f.contents; break;
      case 10: stored.count += f.count_fixed<double>(); break;
      default: stored.count += f.count_varints();
    }
  });
  return stored;
}

int64_t element_count(const std::vector<int64_t>& dims) {
  for (int64_t d : dims) check(d >= 0, ErrorId::onnx_malformed, "its dims hold ", d);
  if (std::ranges::find(dims, 0) != dims.end()) return 0;  // however large the others are
  int64_t count = 1;
  for (int64_t d : dims) count = checked_mul(count, d);
  return count;
}

template <class T>
void take_fixed(const Tensor& tensor, std::byte* to) {
  each_element_field(tensor, [&](const Field& f) {
    f.each_fixed<T>([&](T x) {
      std::memcpy(to, &x, sizeof x);
      to += sizeof x;
    });
  });
}

template <class T>
void take_varints(const Tensor& tensor, std::byte* to) {
  each_element_field(tensor, [&](const Field& f) {
    f.each_varint([&](uint64_t bits) {
      T x = T(bits);
      bool fits = std::is_same_v<T, bool> || int64_t(x) == int64_t(bits);
      check(fits, ErrorId::onnx_malformed, "its element ", int64_t(bits), " is out of its type's range");
      std::memcpy(to, &x, sizeof x);
      to += sizeof x;
    });
  });
}

void take_elements(const Tensor& tensor, ElementType element, std::byte* to) {
  switch (element) {
    case ElementType::f32: return take_fixed<float>(tensor, to);
    case ElementType::f64: return take_fixed<double>(tensor, to);
    case ElementType::i8: return take_varints<int8_t>(tensor, to);
    case ElementType::i16: return take_varints<int16_t>(tensor, to);
    case ElementType::i32: return take_varints<int32_t>(tensor, to);
    case ElementType::i64: return take_varints<int64_t>(tensor, to);
    case ElementType::u8: return take_varints<uint8_t>(tensor, to);
    case ElementType::f16:  // 16-bit floats stand there as their bit patterns
    case ElementType::bf16:
    case ElementType::u16: return take_varints<uint16_t>(tensor, to);
    case ElementType::u32: return take_varints<uint32_t>(tensor, to);
    case ElementType::u64: return take_varints<uint64_t>(tensor, to);
    case ElementType::boolean: return take_varints<bool>(tensor, to);
    default: return take_varints<uint8_t>(tensor, to);  // codes of small types, packed as in raw_data
  }
}

void unpack(TensorData& data, int64_t count) {
  if (!is_packed_in_files(data.element)) return;
  std::vector<std::byte> elements(static_cast<size_t>(count));
  unpack_elements(data.element, data.bytes, elements);
  data.owned = std::move(elements);
  data.bytes = data.owned;
}

void read_elements(const Tensor& tensor, const ExternalData& external, TensorData& data) {
  int64_t count = element_count(tensor.dims);
  int64_t size = packed_bytes(data.element, count);
  Stored stored = stored_in(tensor);
  if (tensor.is_external) {
    check(stored.field == 0, ErrorId::onnx_malformed, "its data is said to lie in another file, but it has ",
          field_name(stored.field));
    data.owned = external.read(tensor.external_data, size);
  } else if (stored.field == raw_field) {
    check(int64_t(stored.raw.size()) == size, ErrorId::onnx_malformed, "its raw_data has ", stored.raw.size(),
          " bytes; its type and shape need ", size);
    data.bytes = stored.raw;
    return unpack(data, count);
  } else {
    uint32_t field = types[tensor.element_type].field;
    check(stored.field == 0 || stored.field == field, ErrorId::onnx_malformed, "its elements of type ",
          types[tensor.element_type].name, " are in ", field_name(stored.field), ", not in ", field_name(field));
    int64_t wanted = is_packed_in_files(data.element) ? size : count;
    const char* unit = wanted == count ? " elements" : " bytes of packed elements";
    check(stored.count == wanted, ErrorId::onnx_malformed, "it has ", stored.count, unit, "; its shape needs ", wanted);
    data.owned.resize(size_t(size));
    take_elements(tensor, data.element, data.owned.data());
  }
  data.bytes = data.owned;
  unpack(data, count);
}

void make_bools_0_or_1(TensorData& data) {
  if (std::ranges::all_of(data.bytes, [](std::byte b) { return b <= std::byte{1}; })) return;
  if (data.owned.empty()) data.owned.assign(data.bytes.begin(), data.bytes.end());
  for (std::byte& b : data.owned) b = std::byte(b != std::byte{0});
  data.bytes = data.owned;
}

}  // namespace

const char* name_of_onnx_type(int32_t type) {
  return type >= 0 && type < int32_t(std::size(types)) ? types[type].name : "unknown";
}

ElementType element_of(int32_t type) {
  bool known = type >= 0 && type < int32_t(std::size(types));
  check(known && types[type].field != 0, ErrorId::unsupported_type, "elements of ONNX type ", type, " (",
        name_of_onnx_type(type), ") are not supported");
  return types[type].element;
}

TensorData data_of(const Tensor& tensor, const ExternalData& external) {
  try {
    TensorData data;
    data.element = element_of(tensor.element_type);
    check(data.element != ElementType::string, ErrorId::unsupported_type,
          "elements of ONNX type 8 (STRING) are not supported yet");
    data.extents = tensor.dims;
    read_elements(tensor, external, data);
    if (data.element == ElementType::boolean) make_bools_0_or_1(data);
    return data;
  } catch (Error& error) {
    error.add_context(concat("tensor '", tensor.name, "'"));
    throw;
  }
}

}  // namespace tenon::onnx
