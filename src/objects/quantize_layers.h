// Layers of narrow numbers: scales for all elements, for the places of an axis, or for blocks; scales that follow from
// the elements.
#pragma once
#include "objects/layer.h"

namespace tenon::objects {

// What the layers with blocks have: extents of a block, -1 for the whole axis; rank -1: not said.
struct TENON_OBJECT BlockLayer : Layer {
  int32_t axis = -1;
  DataType to;
  std::optional<Dims> blocks;
  BlockLayer(Network& n, LayerType type, DataType t, int32_t most) : Layer(n, type, most), to(t) {}
  void set_blocks(const Dims& d);
  Dims get_blocks() const;
};

// Input 1 is the scale, input 2, where it is set, the zero point. A scale of x's rank is one of blocks.
struct TENON_OBJECT QuantizeLayer final : BlockLayer {
  explicit QuantizeLayer(Network& n, DataType t = DataType::int8) : BlockLayer(n, LayerType::quantize, t, 3) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};
struct TENON_OBJECT DequantizeLayer final : BlockLayer {
  explicit DequantizeLayer(Network& n, DataType t = DataType::float_) : BlockLayer(n, LayerType::dequantize, t, 3) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

using Blocks = std::vector<int64_t>;  // the extent of a block along every axis; -1: all of it

// Narrow elements, and the scale of every block: its largest magnitude over the largest number of the type `to`.
// Where there is a scale of the scales, they are divided by it before they are rounded to their type; powers of two
// (kE8M0) are rounded up, so that nothing is cut off. A block whose scale is 0 becomes zeros.
struct Narrowed {
  tenon::Value &elements, &scale, &applied;  // applied: f32, times the scale of the scales
};
Narrowed narrowed(Draft& draft, tenon::Value& x, const Blocks& blocks, DataType to, DataType scale_type,
                  tenon::Value* of_scales);
tenon::Value& widened(Draft& draft, const Narrowed& x, const Blocks& blocks, ElementType to);

// Both as results. Input 1, where it is set, is the scale of the scales.
struct TENON_OBJECT DynamicQuantizeLayer final : BlockLayer {
  int32_t block_size = 0;  // along `axis`, where no block's extents are given
  DataType scale_type;
  DynamicQuantizeLayer(Network& n, int32_t a, int32_t size, DataType t, DataType scale);
  DynamicQuantizeLayer(Network& n, const Dims& block, DataType t, DataType scale);
  int outputs_made() const override { return 2; }
  Values build(Draft& draft) const override;
};

}  // namespace tenon::objects
