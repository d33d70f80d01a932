// Depthwise convolutions (one filter a channel, 2-D) with what follows them, row by row, channels innermost.
#pragma once
#include "select/offer.h"

namespace tenon {

class DepthwiseProvider final : public Provider {
 public:
  const char* name() const override { return "depthwise"; }
  std::vector<std::string> kernels() const override { return {"depthwise.rows"}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

}  // namespace tenon
