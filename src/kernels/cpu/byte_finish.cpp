#include "kernels/cpu/byte_finish_body.h"

namespace tenon {

template void finish_bytes<4>(const ByteFinish&, const int32_t*, int64_t, void*);

}  // namespace tenon
