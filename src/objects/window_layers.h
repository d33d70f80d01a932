// Layers that slide a window: pooling, convolution and its transpose; and what is a convolution in disguise.
#pragma once
#include "objects/layer.h"

namespace tenon {
struct Window;
}

namespace tenon::objects {

// What they all can set. Two-dimensional setters of old programs set the same lists.
struct TENON_OBJECT WindowLayer : Layer {
  PaddingMode padding_mode{};
  Dims window, stride, pre_padding, post_padding, dilation;

  WindowLayer(Network& n, LayerType t, const Dims& w, int32_t most = 0);
  void set_padding(const Dims& p) { pre_padding = post_padding = p; }
  const Dims& padding() const;  // refuses where it is not the same on both sides

 protected:
  void write(tenon::Window& into) const;  // strides, dilations and explicit pads; refuses lists of another length
  void read_window(const tenon::Window& from, const Dims& extents);
};

struct TENON_OBJECT PoolingLayer final : WindowLayer {
  PoolingType pooling;
  float blend_factor = 0;  // weight of the average where both are blended
  bool average_count_excludes_padding = true;

  PoolingLayer(Network& n, PoolingType p, const Dims& w);
  void set_blend_factor(float factor);
  explicit PoolingLayer(Network& n) : WindowLayer(n, LayerType::pooling, {}), pooling(PoolingType::max) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

// Input 1 and 2, where they are set, are the kernel and the bias in place of the weights.
struct TENON_OBJECT KernelLayer : WindowLayer {
  int64_t nb_output_maps, nb_groups = 1;
  GivenWeights kernel, bias;

  KernelLayer(Network& n, LayerType t, int64_t maps, const Dims& w, const GivenWeights& k, const GivenWeights& b);

 protected:
  tenon::Value& bias_of(Draft& draft, ElementType e) const;
  bool has_bias(const Draft& draft) const;
  bool read_kernel(const tenon::Node& node, const tenon::Window& from, int64_t groups);
};

struct TENON_OBJECT ConvolutionLayer final : KernelLayer {
  ConvolutionLayer(Network& n, int64_t maps, const Dims& w, const GivenWeights& k, const GivenWeights& b)
      : KernelLayer(n, LayerType::convolution, maps, w, k, b) {}
  explicit ConvolutionLayer(Network& n) : ConvolutionLayer(n, 0, Dims(), {}, {}) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT DeconvolutionLayer final : KernelLayer {
  DeconvolutionLayer(Network& n, int64_t maps, const Dims& w, const GivenWeights& k, const GivenWeights& b)
      : KernelLayer(n, LayerType::deconvolution, maps, w, k, b) {}
  explicit DeconvolutionLayer(Network& n) : DeconvolutionLayer(n, 0, Dims(), {}, {}) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

// Generation 8: a convolution whose window is the whole plane.
struct TENON_OBJECT FullyConnectedLayer final : Layer {
  int64_t nb_output_channels;
  GivenWeights kernel, bias;
  FullyConnectedLayer(Network& n, int64_t outputs, const GivenWeights& k, const GivenWeights& b)
      : Layer(n, LayerType::fully_connected, 3), nb_output_channels(outputs), kernel(k), bias(b) {}
  Values build(Draft& draft) const override;
};

struct TENON_OBJECT LrnLayer final : Layer {
  int64_t window = 1;
  float alpha = 1e-4F, beta = 0.75F, k = 1;
  LrnLayer(Network& n, int64_t w, float a, float b, float bias);
  explicit LrnLayer(Network& n) : Layer(n, LayerType::lrn) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

// Zeros around the last two axes; negative amounts cut.
struct TENON_OBJECT PaddingLayer final : Layer {
  Dims pre, post;
  PaddingLayer(Network& n, const Dims& before, const Dims& behind);
  Values build(Draft& draft) const override;
};

}  // namespace tenon::objects
