// The reference: any layout to any other, any float to any other, one element at a time.
#pragma once
#include "select/format.h"
#include "select/kernel.h"

namespace tenon {

std::unique_ptr<Kernel> walking_reformat(Format from, Format to);

}  // namespace tenon
