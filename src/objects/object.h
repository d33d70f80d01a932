// Object: what every public object has: a name, a log, an error recorder, and the handle by which a shell shows it.
#pragma once
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include "objects/enums.h"

#define TENON_OBJECT __attribute__((visibility("default")))

namespace tenon::objects {

// A shape as programs give it: -1 stands for an extent that is known when the engine runs.
struct Dims {
  int32_t n = 0;
  int64_t d[8] = {};
  bool operator==(const Dims& other) const;
};
std::string to_text(const Dims& dims);  // "[1,3,-1]"

// What the program implements, as a shell hands it in. `user` is the program's own object.
struct LogSink {
  void* user = nullptr;
  virtual ~LogSink() = default;
  virtual void log(Severity severity, const char* text) = 0;
};
struct ErrorSink {
  void* user = nullptr;
  virtual ~ErrorSink() = default;
  virtual bool report_error(ErrorCode code, const char* text) = 0;
  virtual int32_t inc_ref_count() = 0;
  virtual int32_t dec_ref_count() = 0;
};

struct Facade {  // what a shell hangs onto an object
  virtual ~Facade() = default;
};

// Refuses a call from within a shell: the exception is made and caught on our side of the border.
[[noreturn]] TENON_OBJECT void refuse(ErrorCode code, const std::string& text);

struct TENON_OBJECT Object {
  void* handle = nullptr;
  std::unique_ptr<Facade> facade;
  std::shared_ptr<LogSink> sink;
  std::shared_ptr<ErrorSink> recorder;
  std::string name;

  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object();

  // One log line and one recorded error; never throws.
  void report(const char* where, ErrorCode code, const char* text) const noexcept;
  // The same for the exception that is being handled.
  void report_exception(const char* where) const noexcept;
  void say(Severity severity, const std::string& text) const noexcept;

  void set_error_recorder(std::shared_ptr<ErrorSink> sink);
  std::shared_ptr<ErrorSink> error_recorder() const { return recorder; }
  std::shared_ptr<LogSink> logger() const { return sink; }
  virtual void changed() {}      // a field was set
  virtual void asked() const {}  // a field is read; throws where it has no meaning
  void inherit(const Object& parent);
};

}  // namespace tenon::objects
