// Attention and its kin: all are made of the operators that ONNX's forms of them are made of.
#pragma once
#include "objects/layer.h"

namespace tenon::objects {

struct Attention;

struct TENON_OBJECT AttentionBoundaryLayer : Layer {
  Attention* attention = nullptr;
  using Layer::Layer;
};

// Queries, keys and values as they come.
struct TENON_OBJECT AttentionInputLayer final : AttentionBoundaryLayer {
  explicit AttentionInputLayer(Network& n) : AttentionBoundaryLayer(n, LayerType::attention_input) {}
  int outputs_made() const override { return 3; }
  Values build(Draft& draft) const override;
};

// normalisation(Q Kᵀ + mask) V, of queries [B,heads,L,size], keys and values [B,key heads,S,size]; each head of keys
// serves as many heads of queries, one after the other. Nothing is scaled: queries come as they are to be multiplied.
// Input 3, where it is set, is the mask: booleans, true where a key takes part, or numbers that are added to the
// products. Causal: query i sees keys up to i. A query that sees none gets NaN; without a normalisation what is masked
// weighs 0. Input 4, where it is set, is the scale by which weights are quantized and dequantized before they meet the
// values.
struct TENON_OBJECT AttentionOutputLayer final : AttentionBoundaryLayer {
  AttentionNormalizationOp normalization;
  bool causal;
  DataType quantize_to = DataType::fp8;
  AttentionOutputLayer(Network& n, AttentionNormalizationOp op, bool c)
      : AttentionBoundaryLayer(n, LayerType::attention_output, 5), normalization(op), causal(c) {}
  Values build(Draft& draft) const override;

 private:
  tenon::Value& masked(Draft& draft, tenon::Value& scores) const;
};

// Both ends of one attention. `decomposable` is kept: it is always computed, by one kernel or by several.
struct TENON_OBJECT Attention : Object {
  AttentionInputLayer& from;
  AttentionOutputLayer& to;
  bool decomposable = false;
  std::string metadata;
  Attention(AttentionInputLayer& i, AttentionOutputLayer& o);
  void set_input(int32_t i, Tensor& tensor);  // 3: the mask, 4: the scale of the quantization
  int32_t get_nb_inputs() const { return to.get_nb_inputs(); }
  Tensor* input(int32_t i) const;
  Tensor* output(int32_t i) const { return to.output(i); }
  void set_mask(Tensor& t) { set_input(3, t); }
  void set_quantize_scale(Tensor& t) { set_input(4, t); }
  Tensor* mask() const { return given(3); }
  Tensor* quantize_scale() const { return given(4); }
  void set_quantize_type(DataType t);
  DataType quantize_type() const { return to.quantize_to; }
  void set_normalization(AttentionNormalizationOp op) { to.normalization = op, to.changed(); }
  AttentionNormalizationOp normalization() const { return to.normalization; }
  void set_causal(bool c) { to.causal = c, to.changed(); }
  bool causal() const { return to.causal; }
  void set_nb_ranks(int32_t n) { check_ranks(n); }

 private:
  Tensor* given(size_t i) const { return i < to.inputs.size() ? to.inputs[i] : nullptr; }
};

// Pairs (a, b) of a head's first `size` elements, 0: of all, turn to (a cos - b sin, a sin + b cos). Operands: x
// [B,heads,L,size], the cosines and sines [B,L,size / 2], or with input 3, the places [B,L], tables of them by place.
// Pairs are neighbours if `interleaved`, else an element of the first half and one of the second.
struct TENON_OBJECT RotaryEmbeddingLayer final : Layer {
  bool interleaved;
  int32_t size;
  RotaryEmbeddingLayer(Network& n, bool i, int32_t s) : Layer(n, LayerType::rotary_embedding, 4), interleaved(i) {
    set_size(s);
  }
  void set_size(int32_t s);
  Values build(Draft& draft) const override;
};

// The cache [B,heads,S,size] with the update [B,heads,L,size] written from each batch's own place on. Operands: cache,
// update, places [B]. What does not fit ends the run.
struct TENON_OBJECT KvCacheUpdateLayer final : Layer {
  KVCacheMode mode;
  KvCacheUpdateLayer(Network& n, KVCacheMode m) : Layer(n, LayerType::kvcache_update), mode(m) {}
  Values build(Draft& draft) const override;
};

}  // namespace tenon::objects
