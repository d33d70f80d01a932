// A logger where programs look for one: prints what is at least as grave as its limit to the standard error stream.
#ifndef TENON_SAMPLES_COMMON_LOGGER_H
#define TENON_SAMPLES_COMMON_LOGGER_H

#include <NvInfer.h>

#include <cassert>
#include <cstdlib>
#include <iostream>

namespace sample {
class Logger : public nvinfer1::ILogger {
 public:
  explicit Logger(Severity severity = Severity::kWARNING) : mLimit(severity) {}

  void log(Severity severity, nvinfer1::AsciiChar const* msg) noexcept override {
    static char const* const names[] = {"internal error", "error", "warning", "info", "verbose"};
    if (severity <= mLimit) {
      std::cerr << "[" << names[static_cast<int>(severity)] << "] " << msg << std::endl;
    }
  }

  nvinfer1::ILogger& getTRTLogger() noexcept { return *this; }

  void setReportableSeverity(Severity severity) noexcept { mLimit = severity; }

  Severity getReportableSeverity() const noexcept { return mLimit; }

 private:
  Severity mLimit;
};
}  // namespace sample

#endif
