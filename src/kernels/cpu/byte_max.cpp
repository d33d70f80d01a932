#include "kernels/cpu/byte_max_body.h"

namespace tenon {

template void max_bytes<4>(const std::byte*, int64_t, bool, std::byte*);

}  // namespace tenon
