#include "kernels/cpu/byte_product_body.h"

namespace tenon {

template void multiply_words<8>(const ByteProduct&);
template void widen_bytes<8>(const std::byte*, int64_t, bool, int16_t*);

}  // namespace tenon
