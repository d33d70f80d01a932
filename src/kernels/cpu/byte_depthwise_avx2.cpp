#include "kernels/cpu/byte_depthwise_body.h"

namespace tenon {

template void depthwise_bytes<8>(const ByteDepthwise&);

}  // namespace tenon
