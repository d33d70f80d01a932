// Which nodes this region covers together.
#pragma once
#include "select/offer.h"

namespace tenon {

// The region's parts, and the provider that finds them.

}  // namespace tenon
