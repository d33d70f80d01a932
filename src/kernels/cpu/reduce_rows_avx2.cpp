#include "kernels/cpu/reduce_rows_body.h"

namespace tenon {

TENON_REDUCE_ROWS(, 8)

}  // namespace tenon
