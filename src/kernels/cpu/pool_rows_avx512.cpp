#include "kernels/cpu/pool_rows_body.h"

namespace tenon {

template void pool_channels<16>(const PoolRow&);
template void pool_positions<16>(const PoolRow&);

}  // namespace tenon
