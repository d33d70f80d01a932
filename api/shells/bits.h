// Words of flags, weights and lists of tensors: with the enumerations' conversions that the generated code has just
// defined.
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

inline objects::GivenWeights to_core(const Weights& w) { return {to_core(w.type), w.values, w.count}; }
inline Weights weights_from_core(const objects::GivenWeights& w) { return {from_core(w.type), w.values, w.count}; }

inline std::vector<objects::Tensor*> cores_of(ITensor* const* tensors, int32_t count) {
  if (count < 1) refuse(objects::ErrorCode::invalid_argument, "a list of " + std::to_string(count) + " tensors");
  std::vector<objects::Tensor*> list;
  for (int32_t i = 0; i < count; ++i) {
    need(tensors[i], "a tensor");
    list.push_back(&core_of(*tensors[i]));
  }
  return list;
}

}  // namespace shell
