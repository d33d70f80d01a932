// Support of every shell: the error path, guards, and the conversions that no table can state.
#pragma once
#include <NvInfer.h>

#include <algorithm>
#include <limits>
#include <type_traits>

#include "objects/objects.h"

namespace shell {

using namespace nvinfer1;
namespace objects = tenon::objects;
using objects::refuse;

// An exception becomes one log line, one recorded error and the documented failure value; nothing crosses the border.
template <class Core, class Failure, class Run>
auto call(const Core& core, const char* where, Failure failure, Run&& run) noexcept -> decltype(run()) {
  try {
    return run();
  } catch (...) {
    core.report_exception(where);
  }
  return failure();
}

template <class Core, class Failure>
auto todo(const Core& core, const char* where, Failure failure) noexcept -> decltype(failure()) {
  core.report("not implemented", objects::ErrorCode::unsupported_state, where);
  return failure();
}

inline void need(const void* address, const char* what) {
  if (!address) refuse(objects::ErrorCode::invalid_argument, std::string(what) + " is null");
}
// A null pointer that the program dereferenced into a reference; the barrier keeps the compiler from assuming it away.
template <class T>
requires(!std::is_pointer_v<T>) void need(const T& reference, const char* what) {
  const void* address = &reinterpret_cast<const char&>(reference);
  asm("" : "+r"(address));
  need(address, what);
}
template <class T>
T& null_reference() {
  T* address = nullptr;
  asm("" : "+r"(address));
  return *address;
}

template <class F>
bool holds(F&& f) {
  if constexpr (std::is_void_v<decltype(f())>) {
    f();
    return true;
  } else {
    return f();
  }
}

inline const char* text(const std::string& s) { return s.c_str(); }

[[noreturn]] inline void unknown_enumerator(const char* name, int value) {
  refuse(objects::ErrorCode::invalid_argument,
         std::string(name) + " has no enumerator with value " + std::to_string(value));
}
[[noreturn]] inline void foreign_enumerator(const char* name, int) {
  refuse(objects::ErrorCode::unsupported_state,
         std::string(name) + ": a value that generation " + std::to_string(NV_TENSORRT_MAJOR) + " does not know");
}

// Shapes: 32 or 64 bits on the program's side, 64 on ours.
inline Dims no_dims() {
  Dims dims{};
  dims.nbDims = -1;
  return dims;
}
inline objects::Dims to_core(const Dims& dims) {
  if (dims.nbDims < 0 || dims.nbDims > Dims::MAX_DIMS)
    refuse(objects::ErrorCode::invalid_argument, "a shape of " + std::to_string(dims.nbDims) + " dimensions");
  objects::Dims result;
  result.n = dims.nbDims;
  for (int i = 0; i < result.n; ++i) result.d[i] = dims.d[i];
  return result;
}
inline Dims dims_from_core(const objects::Dims& dims) {
  using Extent = std::remove_reference_t<decltype(Dims{}.d[0])>;
  Dims result{};
  result.nbDims = dims.n;
  for (int i = 0; i < dims.n; ++i) {
    if (dims.d[i] > std::numeric_limits<Extent>::max())
      refuse(objects::ErrorCode::unsupported_state,
             "extent " + std::to_string(dims.d[i]) + " does not fit into this API generation's shapes");
    result.d[i] = static_cast<Extent>(dims.d[i]);
  }
  return result;
}
inline DimsHW hw_from_core(const objects::Dims& dims) {
  if (dims.n != 2)
    refuse(objects::ErrorCode::invalid_argument, std::to_string(dims.n) + " numbers where two are asked for");
  Dims both = dims_from_core(dims);
  return DimsHW{both.d[0], both.d[1]};
}

// Orders of axes: the same eight numbers on both sides, which a getter shows by reference.
inline objects::Order to_core(const Permutation& permutation) {
  objects::Order order;
  std::copy_n(permutation.order, order.size(), order.begin());
  return order;
}
inline const Permutation& permutation_from_core(const objects::Order& order) {
  static_assert(sizeof(Permutation) == sizeof(objects::Order));
  return reinterpret_cast<const Permutation&>(order);
}

template <class User, class Sink>
User* user_of(const std::shared_ptr<Sink>& sink) {
  return sink ? static_cast<User*>(sink->user) : nullptr;
}

// The handle of an object that its network owns, hung onto the object.
template <class Handle>
struct Held final : objects::Facade {
  Handle value;
  template <class Core>
  explicit Held(Core& core) : value(core) {}
};

template <class Interface, class Handle, class Core>
Interface* hold(Core& core) {
  auto held = std::make_unique<Held<Handle>>(core);
  Interface* made = &held->value;
  core.handle = made;
  core.facade = std::move(held);
  return made;
}

template <class Part>
void keep(const Part& part) {
  asm volatile("" : : "r"(&part) : "memory");
}

// Words of flags, bit by bit: generations number the same flag differently.
template <class E>
uint64_t bits_to_core(uint32_t word);
template <class E>
uint32_t bits_from_core(uint64_t word);

}  // namespace shell
