#include "kernels/cpu/softmax_rows_body.h"

namespace tenon {

template void softmax_row<4>(const float*, float*, int64_t, bool);

}  // namespace tenon
