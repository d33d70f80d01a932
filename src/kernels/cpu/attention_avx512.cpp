#include "kernels/cpu/attention_body.h"

namespace tenon {

template void attend<16>(const AttentionBlock&);

}  // namespace tenon
