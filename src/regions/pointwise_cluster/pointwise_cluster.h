// Offers pointwise nodes together: the root, then one producer more at a time.
#pragma once
#include "select/offer.h"

namespace tenon {

class PointwiseClusterProvider final : public Provider {
 public:
  const char* name() const override { return "pointwise"; }
  std::vector<std::string> kernels() const override { return {"pointwise.cluster"}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

}  // namespace tenon
