// Threads: the one wrapper of oneTBB. Each owner has an arena of its own, so that contexts do not wait for each other.
#pragma once
#include <cstdint>
#include <memory>

#include "base/function_ref.h"

namespace tenon {

class Workers {
 public:
  explicit Workers(int threads);  // 0: as many as the process may use
  ~Workers();
  int threads() const { return threads_; }

  // Calls task(0) … task(count-1) on up to `threads` threads, in any order; returns when all have returned.
  // The first exception is rethrown here. One task, or one thread: on the caller's.
  void run(int64_t count, FunctionRef<void(int64_t)> task);
  static int slot();  // within a task: which of the threads this is, from 0

 private:
  struct Arena;
  std::unique_ptr<Arena> arena_;
  int threads_;
};

int usable_cores();  // affinity and cgroup quota, whichever is less

}  // namespace tenon
