#include "kernels/cpu/convert_floats_body.h"

namespace tenon {

TENON_CONVERT_FLOATS(, 16)

}  // namespace tenon
