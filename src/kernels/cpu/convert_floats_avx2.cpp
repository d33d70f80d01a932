#include "kernels/cpu/convert_floats_body.h"

namespace tenon {

TENON_CONVERT_FLOATS(, 8)

}  // namespace tenon
