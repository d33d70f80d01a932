// Layers that move elements: by shape, by position, by index, by interpolation.
#pragma once
#include <array>

#include "objects/layer.h"

namespace tenon::objects {

using Order = std::array<int32_t, 8>;  // of axes, as programs give it

// Transposes, reshapes, transposes. Input 1, where it is set, is the shape.
struct TENON_OBJECT ShuffleLayer final : Layer {
  Order first{0, 1, 2, 3, 4, 5, 6, 7}, second = first;
  std::optional<Dims> shape;  // none: no reshape
  bool zero_is_placeholder = true;
  explicit ShuffleLayer(Network& n) : Layer(n, LayerType::shuffle, 2) {}
  void set_shape(const Dims& d) { shape = d; }
  Dims get_shape() const;  // rank -1: none, or input 1
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;

 private:
  Shape with_batch(const Shape& x) const;
};

// Inputs 1 to 5, where they are set: start, size, stride, the number for kFILL, and the axes they are about.
struct TENON_OBJECT SliceLayer final : Layer {
  Dims start, size, stride;
  std::optional<Dims> axes;  // none: all
  SampleMode mode = SampleMode::strict_bounds;
  SliceLayer(Network& n, const Dims& first, const Dims& count, const Dims& step);
  explicit SliceLayer(Network& n) : SliceLayer(n, {}, {}, {}) {}
  void set_axes(const Dims& a) { axes = a; }
  Dims get_axes() const;  // rank -1: all
  Values build(Draft& draft) const override;

 private:
  Values cut(Draft& draft, const std::vector<int64_t>& along) const;
};

struct TENON_OBJECT ConcatenationLayer final : Layer {
  int32_t set_axis = -1;  // -1: the third from the end, or the first
  explicit ConcatenationLayer(Network& n) : Layer(n, LayerType::concatenation) {}
  int32_t axis() const;
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT GatherLayer final : Layer {
  GatherMode mode;
  int32_t axis = 0, element_wise_dims = 0;
  explicit GatherLayer(Network& n, GatherMode m = GatherMode::default_) : Layer(n, LayerType::gather), mode(m) {}
  GatherLayer(Network& n, int32_t a) : Layer(n, LayerType::gather), mode(GatherMode::default_), axis(a) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT ScatterLayer final : Layer {
  ScatterMode mode;
  int32_t axis = 0;
  explicit ScatterLayer(Network& n, ScatterMode m = ScatterMode::element) : Layer(n, LayerType::scatter), mode(m) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

// Input 1, where it is set, are the extents.
struct TENON_OBJECT ResizeLayer final : Layer {
  Dims extents;
  std::vector<float> scales;
  InterpolationMode mode = InterpolationMode::nearest;
  ResizeCoordinateTransformation coordinates = ResizeCoordinateTransformation::asymmetric;
  ResizeSelector single_pixel = ResizeSelector::formula;
  ResizeRoundMode rounding = ResizeRoundMode::floor;
  float cubic_coeff = -0.75F;
  bool exclude_outside = false;
  explicit ResizeLayer(Network& n) : Layer(n, LayerType::resize, 2) {}
  void set_extents(const Dims& d);
  void set_scales(const float* numbers, int32_t count);
  int32_t get_scales(int32_t room, float* numbers) const;  // how many there are; as many as fit are written
  bool align_corners() const { return coordinates == ResizeCoordinateTransformation::align_corners; }
  void set_align_corners(bool on);
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT GridSampleLayer final : Layer {
  InterpolationMode interpolation = InterpolationMode::linear;
  bool align_corners = false;
  SampleMode mode = SampleMode::fill;
  explicit GridSampleLayer(Network& n) : Layer(n, LayerType::grid_sample) {}
  void set_mode(SampleMode m);
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

struct TENON_OBJECT ReverseSequenceLayer final : Layer {
  int32_t batch_axis = 1, sequence_axis = 0;
  explicit ReverseSequenceLayer(Network& n) : Layer(n, LayerType::reverse_sequence) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

// Operands: indices, the values off and on, the depth.
struct TENON_OBJECT OneHotLayer final : Layer {
  int32_t axis;
  explicit OneHotLayer(Network& n, int32_t a = -1) : Layer(n, LayerType::one_hot), axis(a) {}
  Values build(Draft& draft) const override;
};

// Input 1 are the axes; they are known when the network is built.
struct TENON_OBJECT SqueezeLayer final : Layer {
  explicit SqueezeLayer(Network& n) : Layer(n, LayerType::squeeze) {}
  Values build(Draft& draft) const override;
};
struct TENON_OBJECT UnsqueezeLayer final : Layer {
  explicit UnsqueezeLayer(Network& n) : Layer(n, LayerType::unsqueeze) {}
  Values build(Draft& draft) const override;
};

}  // namespace tenon::objects
