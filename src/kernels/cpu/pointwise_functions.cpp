#include "kernels/cpu/pointwise_functions_body.h"

namespace tenon {

template PointwiseFunction pointwise_function<4>(Opcode, ElementType, ElementType);
template PointwiseFunction pointwise_pair<4>(Opcode, Opcode, bool);
template PointwiseFunction pointwise_sigmoid<4>();

}  // namespace tenon
