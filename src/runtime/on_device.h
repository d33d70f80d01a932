// What a context has for a plan with a device beside what every context has.
#pragma once
#include <exception>
#include <mutex>

#include "runtime/bound_shape.h"

namespace tenon {

struct ExecutionContext::StepResults final : LateResults {
  ExecutionContext& context;
  const Step* step;
  explicit StepResults(ExecutionContext& c, const Step* s = nullptr) : context(c), step(s) {}
  View make(int result, const Extents& extents) override;
};

struct ExecutionContext::OnDevice {
  Device& device;
  std::shared_ptr<void> stream, recording_stream;  // of run(); and where recordings are made
  std::unique_ptr<Mark> last_run;                  // its end: what is dropped earlier may still be in use
  std::vector<const void*> in, addresses;          // of the run that is being enqueued
  std::vector<void*> out;
  std::mutex mutex;
  std::exception_ptr error;  // the first of a host step, which cannot throw through the device's library
  const std::vector<std::unique_ptr<KernelState>>& states;  // the context's: kernels' own errors are there

  OnDevice(Device& d, const std::vector<std::unique_ptr<KernelState>>& s)
      : device(d), stream(d.make_stream()), recording_stream(d.make_stream()), last_run(d.make_mark()), states(s) {}
  void finish();  // waits for `last_run`
  void rethrow();
  static void call(void* host_call);

  // Sets `last_run` when a run is enqueued, and also when only a part of it was.
  struct Marking {
    OnDevice& at;
    void** stream;  // null: the program records it
    Marking(OnDevice& o, void** s) : at(o), stream(s) {}
    ~Marking();
  };
};

}  // namespace tenon
