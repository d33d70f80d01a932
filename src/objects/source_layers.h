// Layers that make numbers, or make them anew in another type: constants, fills, shapes, conversions.
#pragma once
#include "objects/layer.h"

namespace tenon::objects {

struct TENON_OBJECT ConstantLayer final : Layer {
  Dims extents;
  GivenWeights weights;
  ConstantLayer(Network& n, const Dims& d, const GivenWeights& w);
  explicit ConstantLayer(Network& n) : Layer(n, LayerType::constant) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

// Linspace: alpha + beta * position, input 2 with a number for each axis; uniform: from alpha to beta; normal: mean
// and deviation. Inputs 0, 1 and 2, where they are set, are the extents, alpha and beta.
struct TENON_OBJECT FillLayer final : Layer {
  Dims extents;
  FillOperation operation;
  std::optional<DataType> to;  // none: that of alpha, or float
  double alpha = 0, beta = 1;
  std::optional<int64_t> alpha_int64, beta_int64;
  int64_t stream;  // other fills draw other numbers
  FillLayer(Network& n, const Dims& d, FillOperation o);
  FillLayer(Network& n, const Dims& d, FillOperation o, DataType t);
  explicit FillLayer(Network& n) : FillLayer(n, {}, FillOperation::linspace) {}
  void set_alpha(double a) { alpha = a, alpha_int64.reset(); }
  void set_beta(double b) { beta = b, beta_int64.reset(); }
  void set_alpha_int64(int64_t a) { alpha_int64 = a, alpha = double(a); }
  void set_beta_int64(int64_t b) { beta_int64 = b, beta = double(b); }
  int64_t get_alpha_int64() const { return alpha_int64.value_or(int64_t(alpha)); }
  int64_t get_beta_int64() const { return beta_int64.value_or(int64_t(beta)); }
  bool is_alpha_beta_int64() const { return alpha_int64 && beta_int64; }
  DataType get_to() const { return to.value_or(DataType::float_); }
  void set_to(DataType t) { to = t; }
  Values build(Draft& draft) const override;

 private:
  ElementType element(Draft& draft) const;
  tenon::Value& spaced(Draft& draft, tenon::Value& shape, ElementType e) const;
  tenon::Value& drawn(Draft& draft, tenon::Value& shape, ElementType e) const;
};

// Another type where setOutputType or its output's setType asks for it.
struct TENON_OBJECT IdentityLayer final : Layer {
  explicit IdentityLayer(Network& n) : Layer(n, LayerType::identity) {}
  Values build(Draft& draft) const override;
};

struct TENON_OBJECT CastLayer final : Layer {
  DataType to;
  explicit CastLayer(Network& n, DataType t = DataType::float_) : Layer(n, LayerType::cast), to(t) {}
  Values build(Draft& draft) const override;
  bool read(const tenon::Node& node) override;
};

// Generation 8 counts in 32 bits.
struct TENON_OBJECT ShapeLayer final : Layer {
  DataType to;
  explicit ShapeLayer(Network& n, DataType t = DataType::int64) : Layer(n, LayerType::shape), to(t) {}
  Values build(Draft& draft) const override;
};

}  // namespace tenon::objects
