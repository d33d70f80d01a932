#include "kernels/cpu/panel_product_body.h"

namespace tenon {

template void multiply_panels<4>(const PanelProduct&);

}  // namespace tenon
