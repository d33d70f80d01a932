#include "kernels/cpu/pool_rows_body.h"

namespace tenon {

template void pool_channels<4>(const PoolRow&);
template void pool_positions<4>(const PoolRow&);

}  // namespace tenon
