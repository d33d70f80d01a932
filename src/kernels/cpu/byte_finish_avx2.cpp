#include "kernels/cpu/byte_finish_body.h"

namespace tenon {

template void finish_bytes<8>(const ByteFinish&, Sums, int64_t, int64_t, BytesOut);
template void add_bytes<8>(const ByteAdd&, Bytes, Bytes, int64_t, int64_t, BytesOut);

}  // namespace tenon
