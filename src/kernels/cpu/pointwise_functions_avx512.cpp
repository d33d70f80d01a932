#include "kernels/cpu/pointwise_functions_body.h"

namespace tenon {

template PointwiseFunction pointwise_function<16>(Opcode, ElementType, ElementType);
template PointwiseFunction pointwise_pair<16>(Opcode, Opcode, bool);
template PointwiseFunction pointwise_sigmoid<16>();

}  // namespace tenon
