#include "kernels/cpu/normalize_row_body.h"

namespace tenon {

template void normalize_row<16>(const float*, float*, int64_t, const float*, const float*, float, bool);

}  // namespace tenon
