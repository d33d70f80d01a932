#include "objects/object.h"

#include <algorithm>
#include <mutex>
#include <new>

#include "objects/convert.h"

namespace tenon::objects {

namespace {

// Carries a code that core errors do not have across to report_exception.
struct Refusal final : std::exception {
  Refusal(ErrorCode c, std::string t) : code(c), text(std::move(t)) {}
  const char* what() const noexcept override { return text.c_str(); }
  ErrorCode code;
  std::string text;
};

ErrorCode code_of_core(tenon::ErrorCode code) {
  switch (code) {
    case tenon::ErrorCode::invalid_argument:
    case tenon::ErrorCode::invalid_model: return ErrorCode::invalid_argument;
    case tenon::ErrorCode::unsupported: return ErrorCode::unsupported_state;
    case tenon::ErrorCode::out_of_memory: return ErrorCode::failed_allocation;
    case tenon::ErrorCode::device: return ErrorCode::failed_execution;
    case tenon::ErrorCode::corrupt_engine: return ErrorCode::invalid_argument;
    case tenon::ErrorCode::cancelled:
    case tenon::ErrorCode::io: return ErrorCode::unspecified_error;
    case tenon::ErrorCode::internal: return ErrorCode::internal_error;
  }
  return ErrorCode::internal_error;
}

std::mutex& one_at_a_time() {  // generation 8 promises its loggers no concurrent calls
  static std::mutex mutex;
  return mutex;
}

}  // namespace

bool Dims::operator==(const Dims& other) const { return n == other.n && std::equal(d, d + std::max(n, 0), other.d); }

std::string to_text(const Dims& dims) {
  std::string text = "[";
  for (int i = 0; i < dims.n; ++i) text += concat(i ? "," : "", dims.d[i]);
  return text + "]";
}

void refuse(ErrorCode code, const std::string& text) { throw Refusal(code, text); }

Object::~Object() {
  if (recorder) recorder->dec_ref_count();
}

void Object::say(Severity severity, const std::string& text) const noexcept {
  std::scoped_lock lock(one_at_a_time());
  if (sink) sink->log(severity, text.c_str());
}

void Object::report(const char* where, ErrorCode code, const char* text) const noexcept try {
  std::string line = concat(where, ": ", text);
  say(Severity::error, line);
  if (recorder) recorder->report_error(code, line.c_str());
} catch (...) {  // no memory for the text
  if (sink) sink->log(Severity::error, where);
}

void Object::report_exception(const char* where) const noexcept {
  try {
    throw;
  } catch (const Refusal& e) {
    report(where, e.code, e.what());
  } catch (const Error& e) {
    report(where, code_of_core(e.code()), e.what());
  } catch (const std::bad_alloc&) {
    report(where, ErrorCode::failed_allocation, "out of memory");
  } catch (const std::exception& e) {
    report(where, ErrorCode::internal_error, e.what());
  } catch (...) {
    report(where, ErrorCode::internal_error, "an exception of unknown type");
  }
}

void Object::set_error_recorder(std::shared_ptr<ErrorSink> next) {
  if (next) next->inc_ref_count();
  if (recorder) recorder->dec_ref_count();
  recorder = std::move(next);
}

void Object::inherit(const Object& parent) {
  sink = parent.sink;
  if (parent.recorder) set_error_recorder(parent.recorder);
}

}  // namespace tenon::objects
