// Attention with a state S in place of the keys and values seen so far (ONNX LinearAttention 27). For each step and
// head S = exp(g) S; S = S + k ⊗ v, or with delta S + k ⊗ β (v - Sᵀk); y = scale · Sᵀq.
#pragma once
#include "ir/op.h"

namespace tenon {

enum class StateRule { linear, gated, delta, gated_delta };  // gated: there is g; delta: there is β

// Operands: q [B,T,q_heads*K], k [B,T,heads*K], v [B,T,heads*V]; with `with_state` S from before, [B,heads,K,V]; where
// the rule has them g [B,T,heads or heads*K] and β [B,T,heads or 1]. Results: y [B,T,q_heads*V] and S afterwards.
// Each head of k and v serves q_heads / heads heads of q, one after the other.
struct LinearAttention final : Op {
  OP_TYPE
  StateRule rule = StateRule::linear;
  int64_t q_heads = 1, heads = 1;
  double scale = 0;  // 0: 1 / sqrt(K)
  bool with_state = false;
  void fields(FieldVisitor& v) override;
  Types infer(const Inputs& in) const override;
  void evaluate(ConstViews in, Views out) const override;
  double work(ConstViews in, Views out) const override;

 private:
  bool gated() const { return rule == StateRule::gated || rule == StateRule::gated_delta; }
  bool delta() const { return rule == StateRule::delta || rule == StateRule::gated_delta; }
};

}  // namespace tenon
