#include "kernels/cpu/convert_floats_body.h"

namespace tenon {

TENON_CONVERT_FLOATS(, 4)

}  // namespace tenon
