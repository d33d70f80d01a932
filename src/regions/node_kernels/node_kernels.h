// Offers the kernels that operators' folders list for their node alone.
#pragma once
#include "select/node_kernel.h"

namespace tenon {

class NodeKernelProvider final : public Provider {
 public:
  const char* name() const override { return "node"; }
  std::vector<std::string> kernels() const override;
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

}  // namespace tenon
