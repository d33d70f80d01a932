#include "objects/layer_types.h"

#include "objects/layers.h"
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
    {"nms", LayerType::nms},
    {"nonzero", LayerType::non_zero},
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

using Make = std::unique_ptr<Layer> (*)(Network&);
template <class L>
std::unique_ptr<Layer> make(Network& n) {
  return std::make_unique<L>(n);
}

struct Kind {
  LayerType type;
  const char* name;
  Make make;  // for what a parser made; null: a kind that parsers do not make, or one without fields
};
constexpr Kind kinds[] = {
    {LayerType::activation, "Activation", make<ActivationLayer>},
    {LayerType::assertion, "Assertion", nullptr},
    {LayerType::attention_input, "AttentionInput", nullptr},
    {LayerType::attention_output, "AttentionOutput", nullptr},
    {LayerType::cast, "Cast", make<CastLayer>},
    {LayerType::concatenation, "Concatenation", make<ConcatenationLayer>},
    {LayerType::condition, "Condition", nullptr},
    {LayerType::conditional_input, "ConditionalInput", nullptr},
    {LayerType::conditional_output, "ConditionalOutput", nullptr},
    {LayerType::constant, "Constant", make<ConstantLayer>},
    {LayerType::convolution, "Convolution", make<ConvolutionLayer>},
    {LayerType::cumulative, "Cumulative", make<CumulativeLayer>},
    {LayerType::deconvolution, "Deconvolution", make<DeconvolutionLayer>},
    {LayerType::dequantize, "Dequantize", make<DequantizeLayer>},
    {LayerType::dist_collective, "DistCollective", nullptr},
    {LayerType::dynamic_quantize, "DynamicQuantize", nullptr},
    {LayerType::einsum, "Einsum", make<EinsumLayer>},
    {LayerType::elementwise, "ElementWise", make<ElementWiseLayer>},
    {LayerType::fill, "Fill", make<FillLayer>},
    {LayerType::fully_connected, "Fully Connected", nullptr},
    {LayerType::gather, "Gather", make<GatherLayer>},
    {LayerType::grid_sample, "GridSample", make<GridSampleLayer>},
    {LayerType::identity, "Identity", make<IdentityLayer>},
    {LayerType::iterator, "Iterator", nullptr},
    {LayerType::kvcache_update, "KVCacheUpdate", nullptr},
    {LayerType::loop_output, "LoopOutput", nullptr},
    {LayerType::lrn, "LRN", make<LrnLayer>},
    {LayerType::matrix_multiply, "Matrix Multiply", make<MatrixMultiplyLayer>},
    {LayerType::moe, "MoE", nullptr},
    {LayerType::nms, "NMS", make<NmsLayer>},
    {LayerType::non_zero, "NonZero", make<NonZeroLayer>},
    {LayerType::normalization, "Normalization", make<NormalizationLayer>},
    {LayerType::one_hot, "OneHot", make<OneHotLayer>},
    {LayerType::padding, "Padding", nullptr},
    {LayerType::parametric_relu, "Parametric ReLU", make<ParametricReluLayer>},
    {LayerType::pooling, "Pooling", make<PoolingLayer>},
    {LayerType::quantize, "Quantize", make<QuantizeLayer>},
    {LayerType::ragged_softmax, "RaggedSoftMax", nullptr},
    {LayerType::recurrence, "Recurrence", nullptr},
    {LayerType::reduce, "Reduce", make<ReduceLayer>},
    {LayerType::resize, "Resize", make<ResizeLayer>},
    {LayerType::reverse_sequence, "ReverseSequence", make<ReverseSequenceLayer>},
    {LayerType::rnn_v2, "RNNv2", nullptr},
    {LayerType::rotary_embedding, "RotaryEmbedding", nullptr},
    {LayerType::scale, "Scale", make<ScaleLayer>},
    {LayerType::scatter, "Scatter", make<ScatterLayer>},
    {LayerType::select, "Select", make<SelectLayer>},
    {LayerType::shape, "Shape", make<ShapeLayer>},
    {LayerType::shuffle, "Shuffle", make<ShuffleLayer>},
    {LayerType::slice, "Slice", make<SliceLayer>},
    {LayerType::softmax, "SoftMax", make<SoftMaxLayer>},
    {LayerType::squeeze, "Squeeze", make<SqueezeLayer>},
    {LayerType::topk, "TopK", make<TopKLayer>},
    {LayerType::trip_limit, "TripLimit", nullptr},
    {LayerType::unary, "Unary", make<UnaryLayer>},
    {LayerType::unsqueeze, "Unsqueeze", make<UnsqueezeLayer>},
};

const Kind* find(LayerType type) {
  for (const Kind& kind : kinds)
    if (kind.type == type) return &kind;
  return nullptr;
}

// Of a type or a rank that the API has no word for: as opaque as what the fields do not cover.
bool reads(Layer& layer, const tenon::Node& node) try { return layer.read(node); } catch (const Error&) {
  return false;
}

}  // namespace

LayerType layer_type_of(const tenon::Node& node) {
  std::string_view op = node.info().name;
  for (const Row& row : rows)
    if (row.op == op) return row.type;
  for (const char* name : activations)
    if (name == op) return LayerType::activation;
  if (as<Unary>(node)) return LayerType::unary;
  return as<Elementwise>(node) ? LayerType::elementwise : LayerType::plugin_v2;
}

const char* kind_of(LayerType type) {
  const Kind* kind = find(type);
  return kind ? kind->name : "Layer";
}

std::unique_ptr<Layer> layer_of(Network& network, const tenon::Node& node) {
  LayerType type = layer_type_of(node);
  const Kind* kind = find(type);
  if (!kind || !kind->make) return std::make_unique<Layer>(network, type);
  std::unique_ptr<Layer> layer = kind->make(network);
  layer->opaque = !reads(*layer, node);
  return layer;
}

}  // namespace tenon::objects
