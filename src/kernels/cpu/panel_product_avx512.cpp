#include "kernels/cpu/panel_product_body.h"

namespace tenon {

template void multiply_panels<16>(const PanelProduct&);

}  // namespace tenon
