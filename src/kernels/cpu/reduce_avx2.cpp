#include "kernels/cpu/reduce_body.h"

namespace tenon {

template void reduce_columns<8>(Reduction, const float*, int64_t, int64_t, float*, int64_t);
template float reduce_row<8>(Reduction, const float*, int64_t);

}  // namespace tenon
