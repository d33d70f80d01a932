#include "kernels/cpu/byte_product_body.h"

namespace tenon {

template void multiply_words<4>(const ByteProduct&);

}  // namespace tenon
