// Layers that demand something, that send tokens to experts, that exchange tensors between ranks.
#pragma once
#include "objects/layer.h"

namespace tenon::objects {

// No result: it ends a build or a run with its message unless all of its input is true. Network::update adds it to what
// leads to an output.
struct TENON_OBJECT AssertionLayer final : Layer {
  std::string message;
  AssertionLayer(Network& n, const char* text) : Layer(n, LayerType::assertion), message(text) {}
  int outputs_made() const override { return 0; }
  Values build(Draft& draft) const override;
};

// Each token's sum over its experts of score · (f(x·gate) (x·up + beta))·down. Operands: x [N…,hidden], the experts and
// their scores [N…,k]; inputs 3 to 5 the weights gate and up [experts,hidden,inner] and down [experts,inner,hidden];
// 6 to 8, where they are set, their biases [experts,…]; 9 the scale by which what goes into down is quantized and
// dequantized, or the scale of the scales of its blocks along `inner`. f(g) = g sigmoid(alpha g) for kSILU, g for
// kNONE; g is cut at the limit, x·up at both sides of it. A number that is no expert's takes no part.
struct TENON_OBJECT MoeLayer final : Layer {
  MoEActType activation = MoEActType::none;
  DataType quantize_to = DataType::fp8, scale_type = DataType::fp8;
  std::optional<Dims> quantize_block;
  bool dynamic = false;
  float limit, alpha = 1, beta = 0;
  explicit MoeLayer(Network& n);
  void set_gated_weights(Tensor& gate, Tensor& up, Tensor& down, MoEActType function);
  void set_gated_biases(Tensor& gate, Tensor& up, Tensor& down);
  void set_static_quantization(Tensor& scale, DataType type);
  void set_dynamic_quantization(Tensor& scale, DataType type, const Dims& block, DataType scales);
  void set_quantize_block(const Dims& d) { quantize_block = d; }
  Dims get_quantize_block() const;  // rank -1: none
  void set_swiglu(float l, float a, float b);
  void set_limit(float l);
  void set_alpha(float a);
  void set_beta(float b);
  Values build(Draft& draft) const override;

 private:
  tenon::Value& product(Draft& draft, tenon::Value& x, int weights) const;
  tenon::Value& quantized(Draft& draft, tenon::Value& x) const;
};

// A declaration: an engine runs alone, and says so when it is built.
struct TENON_OBJECT DistCollectiveLayer final : Layer {
  CollectiveOperation operation;
  ReduceOperation reduce;
  int64_t root;
  std::vector<int64_t> groups;
  DistCollectiveLayer(Network& n, CollectiveOperation o, ReduceOperation r, int64_t first, const int64_t* list,
                      int64_t count);
  Values build(Draft& draft) const override;
};

}  // namespace tenon::objects
