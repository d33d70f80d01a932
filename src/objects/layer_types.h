// Which kind of layer an operator is shown as.
#pragma once
#include "ir/node.h"
#include "objects/enums.h"

namespace tenon::objects {

LayerType layer_type_of(const Node& node);

}  // namespace tenon::objects
