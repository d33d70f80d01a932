// Cover: the cheapest set of offers that makes every output, counting reformats.
//
// Nodes are visited from the outputs up. A state says which values are still to be made, and in which formats;
// making a node's values replaces their demands by the demands of the offer's operands. Equal states keep the cheaper
// history. A node that nobody demands was absorbed by a region below it. A value that a region computes inside and
// others demand too is simply made again: recomputation is priced, not forbidden. The result is optimal as long as no
// state is dropped; `beam` bounds their number. A second sweep yields the regret of every offer not taken.
#pragma once
#include "base/function_ref.h"
#include "ir/graph.h"
#include "select/costs.h"

namespace tenon {

struct Reformat {
  const Value* value;
  Format from, to;
};

struct Choice {
  const Offer* offer;
  std::vector<Reformat> reformats;  // further formats that users want the results in
};

struct Cover {
  std::vector<Choice> choices;  // producers first
  double ms = 0;
  std::unordered_map<const Offer*, double> regret_ms;  // what the whole cover would lose by taking this offer
  bool optimal = true;                                 // for these costs; false once the beam dropped a state
  size_t states = 0;                                   // the most at once
};

constexpr size_t default_beam = 128;
Cover cover(const Graph& graph, const Catalog& catalog, const Costs& costs, size_t beam = default_beam,
            bool with_regret = false);

// Covers, times what the cover uses, covers again, until every part of the winner is measured or `go_on` says no.
Cover tuned_cover(const Graph& graph, const Catalog& catalog, Costs& costs, FunctionRef<bool()> go_on);

std::string explain(const Cover& cover, const Catalog& catalog, const Costs& costs);

}  // namespace tenon
