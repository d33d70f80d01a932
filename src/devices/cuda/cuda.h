// NVIDIA GPUs as devices.
#pragma once
#include "devices/device.h"

namespace tenon {

// The first GPU of this process; null with the reason where there is none that can be used.
Device* cuda_device(std::string& why);

}  // namespace tenon
