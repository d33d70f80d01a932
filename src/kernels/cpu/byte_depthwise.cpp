#include "kernels/cpu/byte_depthwise_body.h"

namespace tenon {

template void depthwise_bytes<4>(const ByteDepthwise&);

}  // namespace tenon
