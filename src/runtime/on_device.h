// What a context has for a plan with a device beside what every context has.
#pragma once
#include <exception>
#include <mutex>

#include "runtime/bound_shape.h"

namespace tenon {

struct ExecutionContext::OnDevice {
  Device& device;
  std::shared_ptr<void> stream, recording_stream;  // of run(); and where recordings are made
  std::mutex mutex;
  std::exception_ptr error;  // the first of a host step, which cannot throw through the device's library

  explicit OnDevice(Device& d) : device(d), stream(d.make_stream()), recording_stream(d.make_stream()) {}
  void rethrow();
  static void call(void* host_call);
};

}  // namespace tenon
