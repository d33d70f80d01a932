#include "ops/recurrence/gates_body_cpu.h"

namespace tenon {

template struct GateRows<16>;

}  // namespace tenon
