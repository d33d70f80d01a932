#include "kernels/cpu/attention_body.h"

namespace tenon {

template void attend<8>(const AttentionBlock&);

}  // namespace tenon
