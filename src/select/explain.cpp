// Every choice with what it beat and who refused.
#include <cstdio>

#include "select/cover.h"

namespace tenon {

static std::string ms_text(double ms, bool measured) {
  char text[40];
  std::snprintf(text, sizeof text, "%9.4f ms %s", ms, measured ? "measured " : "predicted");
  return text;
}

static std::string name_of(const Offer& o) { return o.config ? concat(o.kernel, " ", o.config) : o.kernel; }

static std::string regret(const Cover& cover, const Offer& offer) {
  auto it = cover.regret_ms.find(&offer);
  if (it == cover.regret_ms.end()) return "not reached";
  char text[40];
  std::snprintf(text, sizeof text, "whole cover %+.4f ms", it->second);
  return text;
}

std::string explain(const Cover& cover, const Catalog& catalog, const Costs& costs) {
  std::string text;
  auto line = [&](const char* what, const std::string& cost, const std::string& rest) {
    text += concat("    ", what, " ", cost, "  ", rest, "\n");
  };
  for (const Choice& c : cover.choices) {
    const Node& root = c.offer->region.root();
    if (root.inputs().empty() && c.reformats.empty()) continue;
    text += concat("'", root.output().name, "' = ", c.offer->region.text(costs.target.typical), "\n");
    std::string origins;
    for (const Node* n : c.offer->region.nodes)
      for (const std::string& o : n->origins()) origins += (origins.empty() ? "" : ", ") + o;
    line("from    ", "", origins);
    auto state = [&](const Offer& o) { return ms_text(costs.ms(o), costs.measured(o)); };
    if (!root.inputs().empty())
      line("chosen  ", state(*c.offer), concat(name_of(*c.offer), "  ", c.offer->formats_text()));
    for (const Reformat& r : c.reformats)
      line("reformat", ms_text(costs.reformat_ms(*r.value, r.from, r.to), false), concat(r.from, " -> ", r.to));
    const Offers& offers = catalog.at(&root);
    for (const Offer& o : offers.accepted)
      if (&o != c.offer && !root.inputs().empty())
        line(
            "instead ", state(o),
            concat(name_of(o), "  ", o.formats_text(), "  over ", o.region.nodes.size(), " nodes: ", regret(cover, o)));
    for (const Refusal& r : offers.refused) line("refused ", "", concat(r.kernel, ": ", r.reason));
  }
  return text + concat("total ", ms_text(cover.ms, true),
                       cover.optimal ? ", optimal for these costs\n" : ", the beam was full\n");
}

}  // namespace tenon
