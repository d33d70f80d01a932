// Holds a device's stream up, for tests of what waits and what does not.
#pragma once
#include <atomic>

namespace tenon {

// call_host(Gate::call, &gate, stream). A gate that nobody opens opens after a few seconds, so that a caller that
// waits for it goes on and is found out by was_opened.
class Gate {
 public:
  void open() { opened_ = true; }
  void open_soon() { soon_ = true; }  // a moment after the stream came to it
  bool was_opened() const { return !late_; }
  static void call(void* gate);

 private:
  std::atomic<bool> opened_ = false, soon_ = false, late_ = false;
};

}  // namespace tenon
