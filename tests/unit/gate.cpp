#include "gate.h"

#include <chrono>
#include <thread>

namespace tenon {

void Gate::call(void* gate) {
  using clock = std::chrono::steady_clock;
  auto& self = *static_cast<Gate*>(gate);
  auto entered = clock::now();
  while (!self.opened_) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    auto since = clock::now() - entered;
    if (self.soon_ && since > std::chrono::milliseconds(20)) return;
    if (since > std::chrono::seconds(5)) {
      self.late_ = true;
      return;
    }
  }
}

}  // namespace tenon
