// The step between two formats of one value: any layout to any other, floats to floats.
#pragma once
#include "select/offer.h"

namespace tenon {

std::unique_ptr<Kernel> prepare_reformat(const Target& target, const TensorType& type, Format from, Format to);
// Where one of the two formats is in a device's memory: a step of the device. device_reformat.cpp
std::unique_ptr<Kernel> prepare_device_reformat(const Target& target, const TensorType& type, Format from, Format to);

}  // namespace tenon
