#include "kernels/cpu/panel_product_body.h"

namespace tenon {

PANEL_PRODUCT(, 8, 2)
PANEL_PRODUCT(, 8, 4)

}  // namespace tenon
