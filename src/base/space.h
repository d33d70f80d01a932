// Memory spaces: what an address can be read by.
#pragma once
#include <cstdint>

namespace tenon {

enum class Space : uint8_t {
  host,    // the CPU
  device,  // the plan's device alone
};

}  // namespace tenon
