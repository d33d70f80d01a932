// oneDNN's convolutions and matrix products with their epilogues, in tiles that run on one thread each.
#include "ops/conv/conv.h"
#include "ops/matmul/matmul.h"
#include "regions/onednn/conv.h"
#include "regions/onednn/matmul.h"
#include "select/offer.h"

namespace tenon {

namespace {

class OnednnProvider final : public Provider {
 public:
  const char* name() const override { return "onednn"; }
  std::vector<std::string> kernels() const override { return {"onednn.conv", "onednn.matmul"}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

}  // namespace

static bool is_anchor(const Node& node) { return as<Conv>(node) || as<MatMul>(node); }

void OnednnProvider::offers(const Node& root, const Target& target, Offers& offers) const {
  if (root.inputs().empty() || root.output().element() != ElementType::f32) return;
  for (const Epilogue& e : epilogues(root, [](const Node& n) { return is_anchor(n); }))
    if (as<Conv>(e.anchor())) onednn::offer_conv(*this, e, target, offers);
    else onednn::offer_matmul(*this, e, target, offers);
}

std::unique_ptr<Kernel> OnednnProvider::prepare(const Offer& offer, const Target& target) const {
  for (const Epilogue& e : epilogues(offer.region.root(), [](const Node& n) { return is_anchor(n); }))
    if (e.region.nodes == offer.region.nodes)
      return as<Conv>(e.anchor()) ? onednn::prepare_conv(e, offer, target) : onednn::prepare_matmul(e, target);
  fail(ErrorId::internal, "an offer of oneDNN no longer matches its graph");
}

static const OnednnProvider provider;
extern const Provider& onednn_provider;
const Provider& onednn_provider = provider;

}  // namespace tenon
