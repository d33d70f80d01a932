// Which nodes this region covers together, and what it saves.
#include "select/node_kernel.h"

namespace tenon {

namespace {

class @Name@Provider final : public Provider {
 public:
  const char* name() const override { return "@name@"; }
  std::vector<std::string> kernels() const override { return {"@name@.rows"}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

class @Name@Rows final : public Kernel {
 public:
  void run(const Call& call) const override {
    call.workers.run(call.out[0].count(), [&](int64_t i) {
      float x = call.in[0].as<float>()[i];
      call.out[0].as<float>()[i] = -(x < 0 ? 0 : x);
    });
  }
};

// Null where `root` ends such a region; else why it does not.
const char* refusal(const Node& root) {
  if (std::string_view(root.input(0).producer->info().name) != "relu") return "input is not a relu";
  if (root.output().element() != ElementType::f32) return "only f32 is supported";
  return nullptr;
}

}  // namespace

void @Name@Provider::offers(const Node& root, const Target& target, Offers& offers) const {
  if (std::string_view(root.info().name) != "neg") return;
  if (const char* reason = refusal(root)) return offers.refuse("@name@.rows", reason);
  const Node& inner = *root.input(0).producer;
  Offer offer;
  offer.provider = this;
  offer.kernel = "@name@.rows";
  offer.region = Region({&inner, &root});
  offer.operands = {{&inner.input(0), plain_format(inner.input(0))}};
  offer.results = {plain_format(root.output())};
  price(offer, target, double(at(root.output().shape(), target.typical).count()));
  offers.accept(std::move(offer));
}

std::unique_ptr<Kernel> @Name@Provider::prepare(const Offer&, const Target&) const {
  return std::make_unique<@Name@Rows>();
}

static const @Name@Provider provider;
extern const Provider& @name@_provider;
const Provider& @name@_provider = provider;

}  // namespace tenon
