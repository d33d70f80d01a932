#include "kernels/cpu/softmax_rows_body.h"

namespace tenon {

TENON_SOFTMAX(, 8)

}  // namespace tenon
