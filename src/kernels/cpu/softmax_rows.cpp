#include "kernels/cpu/softmax_rows_body.h"

namespace tenon {

TENON_SOFTMAX(, 4)

}  // namespace tenon
