// Which kind of layer an operator is shown as, and the class behind each kind.
#pragma once
#include "ir/node.h"
#include "objects/layer.h"

namespace tenon::objects {

LayerType layer_type_of(const Node& node);
const char* kind_of(LayerType type);  // in the names of layers: "Matrix Multiply"
// For a node that a parser made: of the kind's class, with the node's fields or, where they cannot say it, opaque.
std::unique_ptr<Layer> layer_of(Network& network, const tenon::Node& node);

}  // namespace tenon::objects
