// An anchor (a convolution, a matrix product) and the pointwise nodes that follow it, as one region.
#pragma once
#include "base/function_ref.h"
#include "select/offer.h"

namespace tenon {

struct Epilogue {
  Region region;                    // the anchor first
  std::vector<const Value*> sides;  // what the tail reads beside the anchor's result
  Expression tail;  // input 0 is that result, input k + 1 is sides[k]; no more than that if there is no tail
  const Node& anchor() const { return *region.nodes[0]; }
};

// Every way to see `root` as the end of such a chain, the anchor alone included; two where a sum joins two anchors.
std::vector<Epilogue> epilogues(const Node& root, FunctionRef<bool(const Node&)> is_anchor);

// The same region seen from its second node on: what an anchor computes that takes it along (a bias).
Epilogue behind_second(const Epilogue& epilogue);

// One step of a tail that libraries have a name for.
struct TailStep {
  enum Kind { activation, add, mul } kind;
  const char* name = nullptr;   // activation: its row in ops/unary, or "linear", alpha x + beta
  double alpha = 0, beta = 0;   // and its parameters
  const Value* side = nullptr;  // add, mul: the other operand
};
// The tail as a chain of such steps on the anchor's result, or nothing if it is anything else.
std::optional<std::vector<TailStep>> steps_of(const Epilogue& epilogue);

// Times the offer as its anchor with the first `operands`; the tail adds what it reads and what its functions cost.
void time_as_anchor(Offer& offer, const Epilogue& epilogue, const std::vector<TailStep>& steps, size_t operands,
                    const Target& target);

}  // namespace tenon
