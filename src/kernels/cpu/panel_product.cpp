#include "kernels/cpu/panel_product_body.h"

namespace tenon {

PANEL_PRODUCT(, 4, 2)
PANEL_PRODUCT(, 4, 4)

}  // namespace tenon
