// Covers any node alone, in plain layout: the reason why a plan always exists.
#pragma once
#include "select/offer.h"

namespace tenon {

class ReferenceProvider final : public Provider {
 public:
  const char* name() const override { return "reference"; }
  std::vector<std::string> kernels() const override { return {"reference"}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

}  // namespace tenon
