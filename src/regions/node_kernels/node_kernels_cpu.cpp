// Reads ops.def: which folders have kernels of their own.
#include <set>
#include <unordered_map>

#include "select/node_kernel.h"

namespace tenon {

namespace {

class NodeKernelProvider final : public Provider {
 public:
  const char* name() const override { return "node"; }
  std::vector<std::string> kernels() const override;
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

}  // namespace

#define CPU_KERNELS(folder)          \
  extern const OpInfos folder##_ops; \
  extern const NodeKernels folder##_cpu;
#include "ops/ops.def"

using Table = std::unordered_map<const OpInfo*, NodeKernels>;

static const Table& all_kernels() {
  static const Table table = [] {
    Table map;
#define CPU_KERNELS(folder) \
  for (const OpInfo& op : folder##_ops) map[&op] = folder##_cpu;
#include "ops/ops.def"
    return map;
  }();
  return table;
}

static NodeKernels kernels_of(const OpInfo& info) {
  auto it = all_kernels().find(&info);
  return it == all_kernels().end() ? NodeKernels() : it->second;
}

std::vector<std::string> NodeKernelProvider::kernels() const {
  std::set<std::string> names;
  for (const auto& [op, kernels] : all_kernels())
    for (const NodeKernel& k : kernels) names.insert(k.name);
  return {names.begin(), names.end()};
}

void NodeKernelProvider::offers(const Node& root, const Target& target, Offers& offers) const {
  NodeKernels kernels = kernels_of(root.info());
  if (kernels.empty()) return;
  Offer plain;
  plain.provider = this;
  plain.region = Region({&root});
  for (const Value* in : root.inputs()) plain.operands.push_back({in, plain_format(*in)});
  for (const auto& out : root.outputs()) plain.results.push_back(plain_format(*out));
  TypicalViews views = typical_views(root, target);
  double work = root.op().work(views.in, views.out);
  for (const NodeKernel& k : kernels) {
    Offer offer = plain;
    offer.kernel = k.name;
    price(offer, target, work);
    std::string reason = k.fit(root, target, offer);
    if (reason.empty()) offers.accept(std::move(offer));
    else offers.refuse(k.name, std::move(reason));
  }
}

std::unique_ptr<Kernel> NodeKernelProvider::prepare(const Offer& offer, const Target& target) const {
  for (const NodeKernel& k : kernels_of(offer.region.root().info()))
    if (offer.kernel == k.name) return k.prepare(offer, target);
  fail(ErrorId::internal, "no kernel is called '", offer.kernel, "'");
}

static const NodeKernelProvider provider;
extern const Provider& node_kernels_provider;
const Provider& node_kernels_provider = provider;

}  // namespace tenon
