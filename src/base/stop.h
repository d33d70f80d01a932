// Stop: whether whoever waits for a long piece of work still wants it. One thread asks, between short pieces.
#pragma once
#include <chrono>
#include <functional>

#include "base/error.h"

namespace tenon {

class Stop {
 public:
  Stop() = default;
  explicit Stop(std::function<bool()> wanted) : wanted_(std::move(wanted)) {}

  void check() const {
    if (!wanted_) return;
    clock::time_point now = clock::now();
    if (now < next_) return;  // asking may cost more than the work between two checks
    next_ = now + std::chrono::milliseconds(2);
    if (wanted_()) fail(ErrorId::cancelled, "the build was cancelled");
  }

 private:
  using clock = std::chrono::steady_clock;
  std::function<bool()> wanted_;
  mutable clock::time_point next_ = {};
};

}  // namespace tenon
