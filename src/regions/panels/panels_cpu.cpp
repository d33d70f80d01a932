// Products and convolutions by constant weights, packed in panels, with whatever pointwise arithmetic follows; any
// batch, length and size, known or open.
#include "kernels/cpu/pointwise_program.h"
#include "regions/panels/panel_kernel.h"

namespace tenon {

namespace {

class PanelsProvider final : public Provider {
 public:
  const char* name() const override { return "panels"; }
  std::vector<std::string> kernels() const override { return {"panels.conv", "panels.matmul"}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

const char* kernel_of(const Epilogue& e) { return as<Conv>(e.anchor()) ? "panels.conv" : "panels.matmul"; }

void set_price(Offer& o, const PanelProblem& p, const Target& target) {
  constexpr double tap_cost = 2, memory_share = .25;  // a tap costs about as much as so many of its channels
  TypicalViews views = typical_views(*p.anchor, target);
  double work = p.anchor->op().work(views.in, views.out);
  int64_t bytes = moved_bytes(o, target) + p.weights->bytes();
  o.bound_ms = roofline_ms(target, work, 1, bytes) / target.threads;
  double padded = p.columns ? double(panel_columns(p.columns)) / double(p.columns) : 1;
  if (p.taps > 1) padded *= (double(p.inner) + tap_cost) / double(std::max<int64_t>(1, p.inner));
  o.expected_ms = roofline_ms(target, work * padded, .75, int64_t(double(bytes) / memory_share));
  if (!p.has_tail) return;
  double elements = double(at(p.anchor->output().shape(), target.typical).count());
  std::vector<std::optional<Scalar>> known(p.sides.size() + 1);
  double ns = elements * compile_pointwise(p.tail, known).element_ns;
  for (size_t i = 1; i < o.operands.size(); ++i)
    ns += double(stored_bytes(*o.operands[i].value, o.operands[i].format, target)) / (target.gbytes * memory_share);
  o.tail_ms = ns * 1e-6;
}

}  // namespace

void PanelsProvider::offers(const Node& root, const Target& target, Offers& offers) const {
  if (root.inputs().empty()) return;
  for (const Epilogue& e : epilogues(root, [](const Node& n) { return is_panel_anchor(n); })) {
    PanelProblem p = panel_problem(e);
    if (p.refusal.empty() && p.sides.size() + 1 > size_t(max_pointwise_inputs)) p.refusal = "the tail reads too much";
    if (!p.refusal.empty()) {
      offers.refuse(kernel_of(e), p.refusal);
      continue;
    }
    Offer o;
    o.provider = this;
    o.kernel = kernel_of(e);
    o.region = e.region;
    o.operands = {{&p.anchor->input(0), {ElementType::f32, p.layout}}};
    for (const PanelSide& s : p.sides)
      o.operands.push_back({s.value, {s.value->element(), s.per_column ? Layout::plain : p.layout}});
    o.results = {{e.region.exits[0]->element(), p.layout}};
    o.timed_nodes = o.timed_operands = 1;
    set_price(o, p, target);
    offers.accept(std::move(o));
  }
}

std::unique_ptr<Kernel> PanelsProvider::prepare(const Offer& offer, const Target& target) const {
  for (const Epilogue& e : epilogues(offer.region.root(), [](const Node& n) { return is_panel_anchor(n); }))
    if (e.region.nodes == offer.region.nodes) return prepare_panels(panel_problem(e), offer, target);
  fail(ErrorId::internal, "an offer of panels no longer matches its graph");
}

static const PanelsProvider provider;
extern const Provider& panels_provider;
const Provider& panels_provider = provider;

}  // namespace tenon
