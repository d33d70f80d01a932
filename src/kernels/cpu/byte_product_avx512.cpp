#include "kernels/cpu/byte_product_body.h"

namespace tenon {

template void multiply_words<16>(const ByteProduct&);

}  // namespace tenon
