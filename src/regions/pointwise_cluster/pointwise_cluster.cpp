// Offers pointwise nodes together: the root, then one producer more at a time.
#include <algorithm>
#include <unordered_map>

#include "regions/pointwise_cluster/cluster_kernel.h"
#include "select/offer.h"

namespace tenon {

namespace {

class PointwiseClusterProvider final : public Provider {
 public:
  const char* name() const override { return "pointwise"; }
  std::vector<std::string> kernels() const override { return {"pointwise.cluster"}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

}  // namespace

namespace {

constexpr const char* kernel_name = "pointwise.cluster";
constexpr size_t max_nodes = 10, max_operands = 8;
constexpr double cheap_ns = .1;  // an element of what is rather made twice than stored and read again

using Nodes = std::vector<const Node*>;

// The cluster that grows from a root, over producers of its shape.
class Growth {
 public:
  explicit Growth(const Node& root) : root_(root), nodes_{&root} {}
  const Nodes& nodes() const { return nodes_; }

  // Adds one producer; false if there is none to add. Those with no other user come first.
  bool grow() {
    if (nodes_.size() == max_nodes) return false;
    Region region(nodes_);
    for (bool alone : {true, false})
      for (const Value* v : region.inputs)
        if (may_join(*v) && used_here_alone(*v) == alone && (alone || is_cheap(*v->producer)) && add(*v->producer))
          return true;
    return false;
  }

 private:
  bool may_join(const Value& v) {
    if (v.shape() != root_.output().shape() || v.producer->inputs().empty()) return false;
    auto [it, fresh] = joins_.try_emplace(v.producer);
    if (fresh) it->second = is_pointwise(*v.producer);
    return it->second;
  }

  bool used_here_alone(const Value& v) const {
    return std::all_of(v.users.begin(), v.users.end(),
                       [&](const Node* n) { return std::find(nodes_.begin(), nodes_.end(), n) != nodes_.end(); });
  }

  static bool is_cheap(const Node& node) {
    int large = 0;
    for (const Value* v : node.inputs()) large += v->shape() == node.output().shape();
    Region alone({&node});
    return large <= 1 && cluster_program(alone, cluster_inputs(alone, Layout::plain)).element_ns <= cheap_ns;
  }

  bool add(const Node& node) {
    Nodes more;
    append(node, node, more);
    append(root_, node, more);
    Region region(more);
    auto inputs = cluster_inputs(region, Layout::plain);
    auto operands = std::count_if(inputs.begin(), inputs.end(), [](const ClusterInput& in) { return !in.number; });
    if (size_t(operands) > max_operands || cluster_program(region, inputs).registers > max_pointwise_registers)
      return false;
    nodes_ = std::move(more);
    return true;
  }

  // `node` behind its producers, as far as they belong to the cluster or are `fresh`.
  void append(const Node& node, const Node& fresh, Nodes& to) const {
    auto holds = [](const Nodes& list, const Node* n) { return std::find(list.begin(), list.end(), n) != list.end(); };
    if (holds(to, &node)) return;
    for (const Value* v : node.inputs())
      if (v->producer == &fresh || holds(nodes_, v->producer)) append(*v->producer, fresh, to);
    to.push_back(&node);
  }

  const Node& root_;
  Nodes nodes_;
  std::unordered_map<const Node*, bool> joins_;
};

// Memory at its speed, arithmetic beside it, and operands that a blocked layout makes the kernel rearrange. No run is
// faster than the nearest cache, nor a step than `least_step_ns` an element.
void set_price(Offer& offer, const Target& target, const PointwiseProgram& program, int64_t rearranged) {
  constexpr double call_ns = 300, rearranging_ns = 2, cache_speed = 30, least_step_ns = .003;
  double elements = double(stored_bytes(*offer.region.exits[0], offer.results[0], target)) /
                    double(size_bytes(offer.results[0].element));
  double memory_ns = double(moved_bytes(offer, target)) / target.gbytes;
  double arithmetic_ns = elements * program.element_ns;
  double least_ns = elements * least_step_ns * double(program.calls) / target.threads;
  offer.bound_ms = 1e-6 * std::max(memory_ns / (cache_speed * target.threads), least_ns);
  offer.expected_ms = 1e-6 * (call_ns + std::max(memory_ns, arithmetic_ns) + std::min(memory_ns, arithmetic_ns) / 2 +
                              rearranging_ns * double(rearranged));
}

void offer_in(Layout layout, const Region& region, const PointwiseProgram& program, const Provider& provider,
              const Target& target, Offers& offers) {
  Offer offer;
  offer.provider = &provider;
  offer.kernel = kernel_name;
  offer.region = region;
  const Value& result = *region.exits[0];
  offer.results = {{result.element(), layout}};
  int64_t rearranged = 0;
  for (const ClusterInput& in : cluster_inputs(region, layout)) {
    if (in.number || in.packed) continue;
    const Value& v = *in.value;
    Format format{v.element(), operand_layout(v, result, layout)};
    if (format.layout != layout) rearranged += at(v.shape(), target.typical).count();
    if (offer.in_place < 0 && format == offer.results[0] && v.shape() == result.shape())
      offer.in_place = int(offer.operands.size());
    offer.operands.push_back({&v, format});
  }
  set_price(offer, target, program, rearranged);
  offers.accept(std::move(offer));
}

}  // namespace

void PointwiseClusterProvider::offers(const Node& root, const Target& target, Offers& offers) const {
  std::string small;
  if (!is_pointwise(root, &small)) return small.empty() ? void() : offers.refuse(kernel_name, small);
  const Value& result = root.output();
  if (!plain_types.contains(result.element()))
    return offers.refuse(kernel_name, concat("no arithmetic on elements of type ", result.element()));
  std::vector<Nodes> sizes;
  Growth growth(root);
  do sizes.push_back(growth.nodes());
  while (growth.grow());
  for (size_t size = 1; size <= sizes.size(); ++size) {
    bool all = size == sizes.size();  // the whole, and small ones for when others take the rest
    if (size > 4 && !all) continue;
    Region region(sizes[size - 1]);
    PointwiseProgram program = cluster_program(region, cluster_inputs(region, Layout::plain));
    for (Layout layout : {Layout::plain, Layout::nhwc, Layout::c16})
      if (layout == Layout::plain || (has_channels(result.type()) && (size <= 2 || all)))
        offer_in(layout, region, program, *this, target, offers);
  }
}

std::unique_ptr<Kernel> PointwiseClusterProvider::prepare(const Offer& offer, const Target&) const {
  return prepare_cluster(offer);
}

static const PointwiseClusterProvider provider;
extern const Provider& pointwise_cluster_provider;
const Provider& pointwise_cluster_provider = provider;

}  // namespace tenon
