#include "objects/layer_types.h"

#include "ops/elementwise/elementwise.h"
#include "ops/unary/unary.h"

namespace tenon::objects {

namespace {

struct Row {
  const char* op;
  LayerType type;
};
// What the API has no layer for is shown as a plugin.
constexpr Row rows[] = {
    {"arg", LayerType::topk},
    {"batch_norm", LayerType::scale},
    {"cast", LayerType::cast},
    {"concat", LayerType::concatenation},
    {"constant", LayerType::constant},
    {"conv", LayerType::convolution},
    {"conv_transpose", LayerType::deconvolution},
    {"cumulate", LayerType::cumulative},
    {"dequantize", LayerType::dequantize},
    {"einsum", LayerType::einsum},
    {"expand", LayerType::slice},
    {"flatten", LayerType::shuffle},
    {"gather", LayerType::gather},
    {"gather_elements", LayerType::gather},
    {"gather_nd", LayerType::gather},
    {"grid_sample", LayerType::grid_sample},
    {"identity", LayerType::identity},
    {"lrn", LayerType::lrn},
    {"matmul", LayerType::matrix_multiply},
    {"normalize", LayerType::normalization},
    {"one_hot", LayerType::one_hot},
    {"pad", LayerType::slice},
    {"pool", LayerType::pooling},
    {"lp_pool", LayerType::pooling},
    {"quantize", LayerType::quantize},
    {"prelu", LayerType::parametric_relu},
    {"range", LayerType::fill},
    {"reduce", LayerType::reduce},
    {"reshape", LayerType::shuffle},
    {"resize", LayerType::resize},
    {"reverse_sequence", LayerType::reverse_sequence},
    {"scale", LayerType::scale},
    {"scatter_elements", LayerType::scatter},
    {"scatter_nd", LayerType::scatter},
    {"select", LayerType::select},
    {"shape", LayerType::shape},
    {"shuffle", LayerType::shuffle},
    {"slice", LayerType::slice},
    {"softmax", LayerType::softmax},
    {"squeeze", LayerType::squeeze},
    {"tile", LayerType::slice},
    {"topk", LayerType::topk},
    {"transpose", LayerType::shuffle},
    {"unsqueeze", LayerType::unsqueeze},
};

constexpr const char* activations[] = {
    "relu",     "sigmoid", "tanh",         "leaky_relu",  "elu",      "selu",      "softsign",
    "softplus", "clip",    "hard_sigmoid", "scaled_tanh", "gelu_erf", "gelu_tanh", "thresholded_relu"};

}  // namespace

LayerType layer_type_of(const Node& node) {
  std::string_view op = node.info().name;
  for (const Row& row : rows)
    if (row.op == op) return row.type;
  for (const char* name : activations)
    if (name == op) return LayerType::activation;
  if (as<Unary>(node)) return LayerType::unary;
  return as<Elementwise>(node) ? LayerType::elementwise : LayerType::plugin_v2;
}

}  // namespace tenon::objects
