// The one exception type, its stable IDs, and check(), whose message is put together only when it fails.
#pragma once
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>

namespace tenon {

inline std::string to_text(std::string_view s) { return std::string(s); }
inline std::string to_text(const char* s) { return s; }
inline std::string to_text(char c) { return std::string(1, c); }
template <class N>
requires std::is_arithmetic_v<N> std::string to_text(N n) { return std::to_string(n); }

std::string to_text(double number);  // shortest that reads back

template <class... Parts>  // to_text of a part is found beside its type
std::string concat(const Parts&... parts) {
  std::string text;
  (text.append(to_text(parts)), ...);
  return text;
}

// What went wrong, for programs: one row of errors.def each. IDs are stable across releases.
enum class ErrorId {
#define ERROR(name, id, code) name,
#include "base/errors.def"
#undef ERROR
};

enum class ErrorCode {
  invalid_argument,
  invalid_model,
  unsupported,
  out_of_memory,
  device,
  corrupt_engine,
  cancelled,
  io,
  internal
};

ErrorCode code_of(ErrorId id);
const char* text_of(ErrorId id);  // "TN101"

class Error final : public std::exception {
 public:
  Error(ErrorId id, std::string message);
  ErrorId id() const { return id_; }
  ErrorCode code() const { return code_of(id_); }
  const char* what() const noexcept override { return text_.c_str(); }  // "TN101: frame: frame: message"
  void add_context(std::string_view frame);

 private:
  ErrorId id_;
  std::string message_, text_;
};

template <class... Parts>
[[noreturn]] void fail(ErrorId id, const Parts&... parts) {
  throw Error(id, concat(parts...));
}

template <class... Parts>
void check(bool ok, ErrorId id, const Parts&... parts) {
  if (!ok) [[unlikely]]
    throw Error(id, concat(parts...));
}

template <class First, class... Parts>
requires(!std::is_same_v<First, ErrorId>) void check(bool ok, const First& first, const Parts&... parts) {
  if (!ok) [[unlikely]]
    throw Error(ErrorId::invalid_argument, concat(first, parts...));
}

}  // namespace tenon
