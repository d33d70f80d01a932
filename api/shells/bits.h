// Words of flags, for the enumerations whose conversions the generated code has just defined.
#pragma once

namespace shell {

template <class E>
uint64_t bits_to_core(uint32_t word) {
  uint64_t result = 0;
  for (int i = 0; i < 32; ++i)
    if (word >> i & 1U) result |= uint64_t(1) << int(to_core(static_cast<E>(i)));
  return result;
}

template <class E>
uint32_t bits_from_core(uint64_t word) {
  uint32_t result = 0;
  for (int i = 0; i < 64; ++i)
    if (word >> i & 1U) result |= 1U << int(from_core(static_cast<decltype(to_core(E{}))>(i)));
  return result;
}

}  // namespace shell
