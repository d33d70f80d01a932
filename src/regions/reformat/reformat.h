// The step between two formats of one value: any layout to any other, floats to floats.
#pragma once
#include "select/offer.h"

namespace tenon {

std::unique_ptr<Kernel> prepare_reformat(const TensorType& type, Format from, Format to);

}  // namespace tenon
