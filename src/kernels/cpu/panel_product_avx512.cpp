#include "kernels/cpu/panel_product_body.h"

namespace tenon {

PANEL_PRODUCT(, 16, 4)

}  // namespace tenon
