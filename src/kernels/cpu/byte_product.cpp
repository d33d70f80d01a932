#include "kernels/cpu/byte_product_body.h"

namespace tenon {

template void multiply_words<4>(const ByteProduct&);
template void widen_bytes<4>(const std::byte*, int64_t, bool, int16_t*);

}  // namespace tenon
