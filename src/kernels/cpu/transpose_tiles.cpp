#include "kernels/cpu/isa.h"
#include "kernels/cpu/transpose_tiles_body.h"

namespace tenon {

template void transpose_tiles<uint8_t, 4>(const Tiles&);
template void transpose_tiles<uint16_t, 4>(const Tiles&);
template void transpose_tiles<uint32_t, 4>(const Tiles&);
template void transpose_tiles<uint64_t, 2>(const Tiles&);

TransposeTiles transpose_tiles_of(int64_t element_bytes) {
  switch (element_bytes) {
    case 1: return by_isa(transpose_tiles<uint8_t, 4>, transpose_tiles<uint8_t, 8>, transpose_tiles<uint8_t, 16>);
    case 2: return by_isa(transpose_tiles<uint16_t, 4>, transpose_tiles<uint16_t, 8>, transpose_tiles<uint16_t, 16>);
    case 4: return by_isa(transpose_tiles<uint32_t, 4>, transpose_tiles<uint32_t, 8>, transpose_tiles<uint32_t, 16>);
    default: return by_isa(transpose_tiles<uint64_t, 2>, transpose_tiles<uint64_t, 4>, transpose_tiles<uint64_t, 8>);
  }
}

}  // namespace tenon
