// From an ElementType to a C++ type: dispatch(e, [&]<class T>() { … }). Wide<T> is what references count in.
#pragma once
#include <type_traits>

#include "base/element.h"
#include "base/half.h"

namespace tenon {

template <class T>
constexpr bool is_half = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;
template <class T>
constexpr bool is_float = is_half<T> || std::is_floating_point_v<T>;

// Exact enough to be the arbiter: double for floats, 64 bits (wrapping, as unsigned) for integers.
template <class T>
using Wide = std::conditional_t<is_float<T>, double, std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>;

template <class F>
decltype(auto) dispatch(ElementType e, F f) {
  switch (e) {
    case ElementType::f32: return f.template operator()<float>();
    case ElementType::f16: return f.template operator()<Half>();
    case ElementType::bf16: return f.template operator()<BFloat16>();
    case ElementType::f64: return f.template operator()<double>();
    case ElementType::i8: return f.template operator()<int8_t>();
    case ElementType::i16: return f.template operator()<int16_t>();
    case ElementType::i32: return f.template operator()<int32_t>();
    case ElementType::i64: return f.template operator()<int64_t>();
    case ElementType::u8: return f.template operator()<uint8_t>();
    case ElementType::u16: return f.template operator()<uint16_t>();
    case ElementType::u32: return f.template operator()<uint32_t>();
    case ElementType::u64: return f.template operator()<uint64_t>();
    case ElementType::boolean: return f.template operator()<bool>();
    default: break;  // strings; small types, which nothing computes in
  }
  fail(ErrorId::unsupported_type, "no arithmetic on elements of type ", e);
}

// Types by size alone, for what moves elements without looking at them.
template <class F>
decltype(auto) dispatch_size(ElementType e, F f) {
  switch (size_bytes(e)) {
    case 1: return f.template operator()<uint8_t>();
    case 2: return f.template operator()<uint16_t>();
    case 4: return f.template operator()<uint32_t>();
    default: return f.template operator()<uint64_t>();
  }
}

}  // namespace tenon
