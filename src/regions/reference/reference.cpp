// Covers any node alone, in plain layout: the reason why a plan always exists.
#include "select/offer.h"

namespace tenon {

namespace {

class ReferenceProvider final : public Provider {
 public:
  const char* name() const override { return "reference"; }
  std::vector<std::string> kernels() const override { return {"reference", "if", "loop"}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

}  // namespace

namespace {

class ReferenceKernel final : public Kernel {
 public:
  explicit ReferenceKernel(const Node& node) : op_(node.op().clone()), label_(node.label()) {}
  void run(const Call& call) const override {
    try {
      if (op_->late() == Late::extents) op_->evaluate_late(call.in, *call.late);
      else op_->evaluate(call.in, call.out);
    } catch (Error& e) {
      e.add_context(label_);
      throw;
    }
  }

 private:
  std::unique_ptr<Op> op_;
  std::string label_;
};

}  // namespace

void ReferenceProvider::offers(const Node& root, const Target& target, Offers& offers) const {
  Offer offer;
  offer.provider = this;
  bool has_bodies = !bodies_of(root.op()).empty();
  offer.kernel = root.inputs().empty() ? "source" : has_bodies ? root.info().name : "reference";
  offer.region = Region({&root});
  for (const Value* in : root.inputs()) offer.operands.push_back({in, plain_format(*in)});
  bool is_input = std::string_view(root.info().name) == "input";
  for (const auto& out : root.outputs())
    offer.results.push_back(plain_format(*out, is_input ? target.border() : Space::host));
  if (!root.inputs().empty()) {
    TypicalViews views = typical_views(root, target);
    // A multiply-add of an interpreted expression, which takes memory to be made, or of a plain loop.
    double ns = is_pointwise(root) ? 20 : 1, made_ns = is_pointwise(root) ? 3000 : 0;
    double work_ms = 1e-6 * (made_ns + ns * root.op().work(views.in, views.out));
    offer.bound_ms = std::max(roofline_ms(target, 0, 1, moved_bytes(offer, target)) / target.threads, work_ms / 4);
    offer.expected_ms = std::max(offer.bound_ms, work_ms);
  }
  offers.accept(std::move(offer));
}

std::unique_ptr<Kernel> ReferenceProvider::prepare(const Offer& offer, const Target& target) const {
  if (!bodies_of(offer.region.root().op()).empty()) return target.bodies(offer.region.root());
  return std::make_unique<ReferenceKernel>(offer.region.root());
}

static const ReferenceProvider provider;
extern const Provider& reference_provider;
const Provider& reference_provider = provider;

}  // namespace tenon
