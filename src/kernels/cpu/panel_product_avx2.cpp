#include "kernels/cpu/panel_product_body.h"

namespace tenon {

template void multiply_panels<8>(const PanelProduct&);

}  // namespace tenon
