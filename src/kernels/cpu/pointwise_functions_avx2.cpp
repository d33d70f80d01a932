#include "kernels/cpu/pointwise_functions_body.h"

namespace tenon {

template PointwiseFunction pointwise_function<8>(Opcode, ElementType, ElementType);
template PointwiseFunction pointwise_pair<8>(Opcode, Opcode, bool);
template PointwiseFunction pointwise_sigmoid<8>();

}  // namespace tenon
