// Layers that compute: functions of elements, products, sums along axes, normalisations.
#pragma once
#include "objects/layer.h"

namespace tenon::objects {

struct TENON_OBJECT ActivationLayer final : Layer {
  ActivationType function;
  float alpha = 0, beta = 0;  // what each function means by them
  ActivationLayer(Network& n, ActivationType f);
  explicit ActivationLayer(Network& n) : ActivationLayer(n, ActivationType::relu) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT UnaryLayer final : Layer {
  UnaryOperation operation;
  explicit UnaryLayer(Network& n, UnaryOperation o = UnaryOperation::exp) : Layer(n, LayerType::unary), operation(o) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT ElementWiseLayer final : Layer {
  ElementWiseOperation operation;
  explicit ElementWiseLayer(Network& n, ElementWiseOperation o = ElementWiseOperation::sum)
      : Layer(n, LayerType::elementwise), operation(o) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT ParametricReluLayer final : Layer {
  explicit ParametricReluLayer(Network& n) : Layer(n, LayerType::parametric_relu) {}
  Values build(Draft& draft) const override;
};

struct TENON_OBJECT SelectLayer final : Layer {
  explicit SelectLayer(Network& n) : Layer(n, LayerType::select) {}
  Values build(Draft& draft) const override;
};

// (x * scale + shift) ^ power; weights of no numbers are left out.
struct TENON_OBJECT ScaleLayer final : Layer {
  ScaleMode mode;
  GivenWeights shift, scale, power;
  int32_t channel_axis = 1;
  ScaleLayer(Network& n, ScaleMode m, const GivenWeights& shift, const GivenWeights& scale, const GivenWeights& power,
             int32_t axis = -1);  // -1: that of the channels
  explicit ScaleLayer(Network& n) : ScaleLayer(n, ScaleMode::uniform, {}, {}, {}) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT SoftMaxLayer final : Layer {
  uint32_t mask = 0;  // 0: the third axis from the end, or the first
  explicit SoftMaxLayer(Network& n) : Layer(n, LayerType::softmax) {}
  uint32_t axes() const;
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT ReduceLayer final : Layer {
  ReduceOperation operation;
  uint32_t axes;
  bool keep_dimensions;
  ReduceLayer(Network& n, ReduceOperation o, uint32_t mask, bool keep)
      : Layer(n, LayerType::reduce), operation(o), axes(mask), keep_dimensions(keep) {}
  explicit ReduceLayer(Network& n) : ReduceLayer(n, ReduceOperation::sum, 0, true) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT CumulativeLayer final : Layer {
  CumulativeOperation operation = CumulativeOperation::sum;
  bool exclusive = false, reverse = false;
  explicit CumulativeLayer(Network& n) : Layer(n, LayerType::cumulative) {}
  CumulativeLayer(Network& n, CumulativeOperation o, bool e, bool r)
      : Layer(n, LayerType::cumulative), operation(o), exclusive(e), reverse(r) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

// Values, and their positions. Input 1, where it is set, is k.
struct TENON_OBJECT TopKLayer final : Layer {
  TopKOperation operation;
  int32_t k;
  uint32_t axes;
  DataType indices_type;
  TopKLayer(Network& n, TopKOperation o, int32_t count, uint32_t mask, DataType indices = DataType::int32);
  explicit TopKLayer(Network& n) : TopKLayer(n, TopKOperation::max, 1, 0) {}
  void set_indices_type(DataType t);
  int outputs_made() const override { return 2; }
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT MatrixMultiplyLayer final : Layer {
  MatrixOperation operations[2];
  MatrixMultiplyLayer(Network& n, MatrixOperation a, MatrixOperation b)
      : Layer(n, LayerType::matrix_multiply), operations{a, b} {}
  explicit MatrixMultiplyLayer(Network& n) : MatrixMultiplyLayer(n, MatrixOperation::none, MatrixOperation::none) {}
  void set_operation(int32_t i, MatrixOperation o);
  MatrixOperation operation(int32_t i) const;
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT EinsumLayer final : Layer {
  std::string equation;
  EinsumLayer(Network& n, const char* text) : Layer(n, LayerType::einsum), equation(text) {}
  explicit EinsumLayer(Network& n) : EinsumLayer(n, "") {}
  Values build(Draft& draft) const override;
};

// Operands: x, scale, bias. With groups, channels are normalised group by group, and scale and bias have a number for
// each group, in the second version for each channel.
struct TENON_OBJECT NormalizationLayer : Layer {
  uint32_t axes;
  float epsilon = 1e-5F;
  int64_t nb_groups = 1;
  DataType compute_precision = DataType::float_;
  bool v2;
  explicit NormalizationLayer(Network& n, uint32_t mask = 0, bool second = false)
      : Layer(n, LayerType::normalization), axes(mask), v2(second) {}
  void set_compute_precision(DataType t);
  Values build(Draft& draft) const override;
};
struct TENON_OBJECT NormalizationV2Layer final : NormalizationLayer {
  NormalizationV2Layer(Network& n, uint32_t mask) : NormalizationLayer(n, mask, true) {}
};

}  // namespace tenon::objects
