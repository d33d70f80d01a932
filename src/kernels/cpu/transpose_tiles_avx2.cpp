#include "kernels/cpu/transpose_tiles_body.h"

namespace tenon {

template void transpose_tiles<uint8_t, 8>(const Tiles&);
template void transpose_tiles<uint16_t, 8>(const Tiles&);
template void transpose_tiles<uint32_t, 8>(const Tiles&);
template void transpose_tiles<uint64_t, 4>(const Tiles&);

}  // namespace tenon
