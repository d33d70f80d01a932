#include "kernels/cpu/pool_pixel_body.h"

namespace tenon {

template void pool_pixel<8>(const PoolTaps&, float*, int64_t, bool, float);

}  // namespace tenon
