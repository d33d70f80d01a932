#include "kernels/cpu/pointwise_functions_body.h"

namespace tenon {

template PointwiseFunction pointwise_function<16>(Opcode, ElementType, ElementType);

}  // namespace tenon
