#include "kernels/cpu/depthwise_row_body.h"

namespace tenon {

template void depthwise_row<4>(const DepthwiseRow&);

}  // namespace tenon
