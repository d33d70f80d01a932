// What every offer has in common: keys, domains, the roofline.
#include "select/offer.h"

#include <algorithm>

#include "ir/graph.h"

namespace tenon {

std::string Offer::formats_text() const {
  std::string text, out;
  for (const Operand& o : operands) text += concat(text.empty() ? "" : ", ", o.format);
  for (Format f : results) out += concat(out.empty() ? "" : ", ", f);
  return concat(text, text.empty() ? "-> " : " -> ", out);
}

std::string Offer::key(const Target& target) const {
  std::string name = concat(target.machine, " | ", kernel, config ? concat(" ", config) : "", " | ");
  if (timed_nodes == 0) return concat(name, formats_text(), " | ", region.text(target.typical));
  Offer timed;
  timed.operands.assign(operands.begin(), operands.begin() + long(timed_operands));
  timed.results = results;
  Region part({region.nodes.begin(), region.nodes.begin() + long(timed_nodes)});
  return concat(name, timed.formats_text(), " | ", part.text(target.typical));
}

static std::optional<std::string> forbidden(const Offer& offer, const Domains& domains) {
  std::vector<Operand> edges = offer.operands;
  for (size_t i = 0; i < offer.results.size(); ++i) edges.push_back({offer.region.exits[i], offer.results[i]});
  for (const Operand& edge : edges) {
    const Domain& domain = domains.at(edge.value);
    if (!domain.contains(edge.format.element))
      return concat(edge.format.element, " is not in the domain of '", edge.value->name, "'");
    if (edge.in_pairs && !domain.in_pairs) return concat("'", edge.value->name, "' is not to be read in parts");
  }
  return {};
}

Catalog catalog(const Graph& graph, const Providers& providers, const Target& target, const Domains& domains) {
  Catalog all;
  for (const auto& n : graph.nodes()) {
    target.stop.check();
    Offers& offers = all[n.get()];
    for (const Provider* p : providers) p->offers(*n, target, offers);
    std::erase_if(offers.accepted, [&](const Offer& o) {
      std::optional<std::string> reason = forbidden(o, domains);
      if (reason) offers.refuse(o.kernel, *reason);
      return reason.has_value();
    });
  }
  return all;
}

Weights make_weights(const Target& target, ElementType element, const Extents& extents, View& view) {
  return target.pool ? target.pool->make(element, extents, view) : make_weights(element, extents, view);
}

TypicalViews typical_views(const Node& node, const Target& target) {
  TypicalViews views;
  for (const Value* v : node.inputs()) views.in.push_back({nullptr, v->element(), at(v->shape(), target.typical)});
  for (const auto& v : node.outputs()) views.out.push_back({nullptr, v->element(), at(v->shape(), target.typical)});
  return views;
}

int64_t stored_bytes(const Value& value, Format format, const Target& target) {
  return stored_bytes(at(value.shape(), target.typical), format);
}

int64_t moved_bytes(const Offer& offer, const Target& target) {
  int64_t bytes = 0;
  for (const Operand& o : offer.operands) bytes = checked_add(bytes, stored_bytes(*o.value, o.format, target));
  for (size_t i = 0; i < offer.results.size(); ++i)
    bytes = checked_add(bytes, stored_bytes(*offer.region.exits[i], offer.results[i], target));
  return bytes;
}

bool on_device(const Offer& offer) {
  auto there = [](Format f) { return f.space == Space::device; };
  return std::any_of(offer.results.begin(), offer.results.end(), there) ||
         std::any_of(offer.operands.begin(), offer.operands.end(), [&](const Operand& o) { return there(o.format); });
}

double roofline_ms(const Target& target, double multiply_adds, double share, int64_t bytes) {
  return std::max(2 * multiply_adds / (target.gflops * share), double(bytes) / target.gbytes) * 1e-6;
}

}  // namespace tenon
