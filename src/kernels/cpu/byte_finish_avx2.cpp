#include "kernels/cpu/byte_finish_body.h"

namespace tenon {

template void finish_bytes<8>(const ByteFinish&, const int32_t*, int64_t, void*);
template void add_bytes<8>(const ByteAdd&, const std::byte*, const std::byte*, int64_t, std::byte*);

}  // namespace tenon
