// The kernels for GPUs that operators' folders list. Reads ops.def: which folders have them.
#include <algorithm>
#include <set>
#include <unordered_map>

#include "regions/cuda_generated/kernels.h"

namespace tenon {

#define CUDA_KERNELS(folder)         \
  extern const OpInfos folder##_ops; \
  extern const NodeKernels folder##_cuda;
#include "ops/ops.def"

namespace cuda {

using Table = std::unordered_map<const OpInfo*, NodeKernels>;

static const Table& all_kernels() {
  static const Table table = [] {
    Table map;
#define CUDA_KERNELS(folder) \
  for (const OpInfo& op : folder##_ops) map[&op] = folder##_cuda;
#include "ops/ops.def"
    return map;
  }();
  return table;
}

static NodeKernels kernels_of(const OpInfo& info) {
  auto it = all_kernels().find(&info);
  return it == all_kernels().end() ? NodeKernels() : it->second;
}

std::vector<std::string> node_kernel_names() {
  std::set<std::string> names;
  for (const auto& [op, kernels] : all_kernels())
    for (const NodeKernel& k : kernels) names.insert(k.name);
  return {names.begin(), names.end()};
}

static bool has_f32(const Offer& offer) {
  auto is_f32 = [](Format f) { return f.element == ElementType::f32; };
  return std::any_of(offer.operands.begin(), offer.operands.end(),
                     [&](const Operand& o) { return is_f32(o.format); }) ||
         std::any_of(offer.results.begin(), offer.results.end(), is_f32);
}

void offer_node_kernels(const Provider& provider, const Node& root, const Target& target, Offers& offers) {
  NodeKernels kernels = kernels_of(root.info());
  if (kernels.empty()) return;
  if (root.op().late() == Late::extents) return offers.refuse(kernels[0].name, "a run finds out its extents");
  Offer plain = device_offer(provider, kernels[0].name, root);
  for (ElementType f32_as : {ElementType::f32, ElementType::f16}) {
    if (f32_as != ElementType::f32 && !has_f32(plain)) continue;
    for (const NodeKernel& k : kernels) {
      Offer offer = device_offer(provider, k.name, root, f32_as);
      price_on_device(offer, target, 0, 1);
      std::string reason = k.fit(root, target, offer);
      auto is_known = [&](const Refusal& r) { return r.kernel == k.name && r.reason == reason; };
      if (reason.empty()) offers.accept(std::move(offer));
      else if (std::none_of(offers.refused.begin(), offers.refused.end(), is_known)) offers.refuse(k.name, reason);
    }
  }
}

std::unique_ptr<Kernel> prepare_node_kernel(const Offer& offer, const Target& target) {
  for (const NodeKernel& k : kernels_of(offer.region.root().info()))
    if (offer.kernel == k.name) return k.prepare(offer, target);
  fail(ErrorId::internal, "no kernel is called '", offer.kernel, "'");
}

}  // namespace cuda

}  // namespace tenon
