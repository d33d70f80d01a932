#include "ops/conv/conv.h"
#include "regions/onednn/conv.h"
#include "regions/onednn/onednn.h"

namespace tenon {

static bool is_anchor(const Node& node) { return as<Conv>(node); }

void OnednnProvider::offers(const Node& root, const Target& target, Offers& offers) const {
  if (root.inputs().empty() || root.output().element() != ElementType::f32) return;
  for (const Epilogue& e : epilogues(root, [](const Node& n) { return is_anchor(n); }))
    onednn::offer_conv(*this, e, target, offers);
}

std::unique_ptr<Kernel> OnednnProvider::prepare(const Offer& offer, const Target&) const {
  for (const Epilogue& e : epilogues(offer.region.root(), [](const Node& n) { return is_anchor(n); }))
    if (e.region.nodes == offer.region.nodes) return onednn::prepare_conv(e, offer);
  fail(ErrorId::internal, "an offer of oneDNN no longer matches its graph");
}

}  // namespace tenon
