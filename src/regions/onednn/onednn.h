// oneDNN's convolutions and matrix products with their epilogues, in tiles that run on one thread each.
#pragma once
#include "select/offer.h"

namespace tenon {

class OnednnProvider final : public Provider {
 public:
  const char* name() const override { return "onednn"; }
  std::vector<std::string> kernels() const override { return {"onednn.conv", "onednn.matmul"}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

}  // namespace tenon
