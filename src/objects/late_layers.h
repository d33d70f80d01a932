// Layers whose results are as large as their operands' numbers make them.
#pragma once
#include "objects/layer.h"

namespace tenon::objects {

// [rank, count]: where elements are not zero, in row-major order.
struct TENON_OBJECT NonZeroLayer final : Layer {
  DataType indices_type = DataType::int32;
  explicit NonZeroLayer(Network& n) : Layer(n, LayerType::non_zero) {}
  NonZeroLayer(Network& n, DataType t) : NonZeroLayer(n) { set_indices_type(t); }
  void set_indices_type(DataType t) { check_indices(t), indices_type = t; }
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

// [count,3]: batch, class and box of what is selected, batch by batch, the best score first; and the count. Operands:
// boxes [B,N,4], or [B,N,C,4] of each class; scores [B,N,C]; how many of each class at most; and, where they are set,
// the overlap above which a box is left out and the score that a box must exceed, both 0 otherwise. Of each batch,
// `limit` boxes with the best scores are looked at, of all classes together.
struct TENON_OBJECT NmsLayer final : Layer {
  BoundingBoxFormat format = BoundingBoxFormat::corner_pairs;
  int32_t limit = 5000;
  DataType indices_type = DataType::int32;
  explicit NmsLayer(Network& n) : Layer(n, LayerType::nms, 5) {}
  NmsLayer(Network& n, DataType t) : NmsLayer(n) { set_indices_type(t); }
  void set_limit(int32_t boxes);
  void set_indices_type(DataType t) { check_indices(t), indices_type = t; }
  int outputs_made() const override { return 2; }
  Values build(Draft& draft) const override;
};

}  // namespace tenon::objects
