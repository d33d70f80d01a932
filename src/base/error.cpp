// Stable texts of errors, from errors.def.
#include "base/error.h"

#include <charconv>
#include <cmath>

namespace tenon {

namespace {
struct Row {
  const char* id;
  ErrorCode code;
};
constexpr Row rows[] = {
#define ERROR(name, id, code) {id, code},
#include "base/errors.def"
#undef ERROR
};
}  // namespace

std::string to_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  char text[40];
  auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return std::string(text, end);
}

ErrorCode code_of(ErrorId id) { return rows[size_t(id)].code; }
const char* text_of(ErrorId id) { return rows[size_t(id)].id; }

Error::Error(ErrorId id, std::string message)
    : id_(id), message_(std::move(message)), text_(concat(text_of(id), ": ", message_)) {}

void Error::add_context(std::string_view frame) {
  message_ = concat(frame, ": ", message_);
  text_ = concat(text_of(id_), ": ", message_);
}

}  // namespace tenon
