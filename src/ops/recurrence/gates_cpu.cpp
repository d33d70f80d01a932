#include "ops/recurrence/gates_body_cpu.h"

namespace tenon {

template struct GateRows<4>;

}  // namespace tenon
