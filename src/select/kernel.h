// Kernel: what a provider prepares once (weights packed) and a plan runs at any bound shape of its profile.
#pragma once
#include <memory>

#include "base/view.h"
#include "base/workers.h"

namespace tenon {

// What a kernel keeps from one run of a context to the next, beside scratch memory.
struct KernelState {
  virtual ~KernelState() = default;
  virtual void check_run() {}  // throws what a kernel on a device found wrong in a run and could not throw itself
};

struct Call {
  ConstViews in;
  Views out;           // extents are logical ones; layout and stored type are what the offer agreed on
  std::byte* scratch;  // of scratch_bytes, 64-byte aligned; contents are whatever the last step left
  Workers& workers;
  std::byte* threads_scratch = nullptr;  // scratch_bytes_per_thread for each of the workers' threads
  void* stream = nullptr;  // on a device: where the kernel enqueues its work; all memory above is the device's then
  KernelState* state = nullptr;  // what make_state made for this context
  LateResults* late = nullptr;   // where extents are late: `out` has none of them then

  // Within a task: the part that belongs to the thread it runs on.
  std::byte* own_scratch(int64_t bytes_per_thread) const {
    return threads_scratch + Workers::slot() * align_up(bytes_per_thread, 64);
  }
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void run(const Call& call) const = 0;                         // never allocates
  virtual int64_t scratch_bytes(ConstViews, Views) const { return 0; }  // for these extents; data is not there
  virtual bool only_copies() const { return false; }  // and does nothing where the result lies on its operand
  virtual std::unique_ptr<KernelState> make_state(int /*threads*/) const { return nullptr; }
  virtual int64_t scratch_bytes_per_thread() const { return 0; }  // for Call::own_scratch
};

}  // namespace tenon
