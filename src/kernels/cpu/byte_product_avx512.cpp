#include "kernels/cpu/byte_product_body.h"

namespace tenon {

template void multiply_words<16>(const ByteProduct&);
template void widen_bytes<16>(const std::byte*, int64_t, bool, int16_t*);

}  // namespace tenon
