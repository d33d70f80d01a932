// The choice. See cover.h for the idea.
#include "select/cover.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace tenon {

namespace {

struct Demand {
  int value;  // position in the order of all values
  FormatSet formats;
  auto operator<=>(const Demand&) const = default;
};
using Demands = std::vector<Demand>;  // sorted by value

struct State {
  double ms = 0;               // from the outputs to here
  double to_go_ms = INFINITY;  // from here to the inputs, known after the second sweep
  double ahead_ms = 0;         // what of `ms` is for nodes that the sweep has yet to reach, for a fair beam
  const State* before = nullptr;
  const Offer* offer = nullptr;  // what led here; null if the node was not wanted
  std::vector<Reformat> reformats;
};
using States = std::map<Demands, State>;  // ordered, so that ties break the same way everywhere

void want(Demands& demands, int value, Format format) {
  auto it = std::lower_bound(demands.begin(), demands.end(), value, [](const Demand& d, int v) { return d.value < v; });
  if (it == demands.end() || it->value != value) it = demands.insert(it, {value, {}});
  it->formats.insert(format);
}

class Sweep {
 public:
  Sweep(const Graph& graph, const Catalog& catalog, const Costs& costs) : catalog_(catalog), costs_(costs) {
    for (const auto& n : graph.nodes()) {
      for (const auto& v : n->outputs()) position_.emplace(v.get(), int(position_.size()));
      double& alone = alone_[n.get()] = INFINITY;
      for (const Offer& o : catalog.at(n.get()).accepted) {
        price_[&o] = costs.ms(o);
        if (o.region.nodes.size() == 1) alone = std::min(alone, price_[&o]);
      }
    }
  }

  // What the nodes that `offer` takes beside its root would cost by themselves; null: what `node` would have.
  double ahead_ms(const Offer* offer, const Node& node) const {
    if (!offer) return -alone_.at(&node);
    double ms = 0;
    for (const Node* n : offer->region.nodes)
      if (n != &node) ms += alone_.at(n);
    return ms;
  }

  Demands wanted(const Graph& graph) const {
    Demands demands;
    for (const Graph::Output& out : graph.outputs())
      want(demands, position_.at(out.value), costs_.target.output_format(*out.value));
    return demands;
  }

  // Every way to meet the demands on `node`: visit(offer or null, its cost, reformats, the demands that remain).
  template <class Visit>
  void ways(const Demands& demands, const Node& node, Visit visit) {
    int first = position_.at(&node.output());
    auto begin =
        std::lower_bound(demands.begin(), demands.end(), first, [](const Demand& d, int v) { return d.value < v; });
    auto end = begin;
    while (end != demands.end() && end->value < first + int(node.outputs().size())) ++end;
    if (begin == end) return visit(nullptr, 0.0, std::vector<Reformat>(), demands);
    for (const Offer& offer : catalog_.at(&node).accepted) {
      std::vector<Reformat> reformats;
      double ms = price_.at(&offer);
      for (auto d = begin; d != end; ++d) {
        const Value& value = node.output(d->value - first);
        Format made = offer.results[size_t(d->value - first)];
        d->formats.each_other(made, [&](Format f) {
          reformats.push_back({&value, made, f});
          ms += reformat_ms(value, made, f);
        });
      }
      Demands rest(demands.begin(), begin);
      rest.insert(rest.end(), end, demands.end());
      for (const Operand& o : offer.operands) want(rest, position_.at(o.value), o.format);
      visit(&offer, ms, std::move(reformats), std::move(rest));
    }
  }

 private:
  double reformat_ms(const Value& value, Format from, Format to) {
    auto [it, fresh] = reformat_price_.try_emplace({&value, from, to}, 0);
    if (fresh) it->second = costs_.reformat_ms(value, from, to);
    return it->second;
  }

  const Catalog& catalog_;
  const Costs& costs_;
  std::unordered_map<const Value*, int> position_;
  std::unordered_map<const Offer*, double> price_;
  std::unordered_map<const Node*, double> alone_;  // its cheapest offer that takes nothing else
  std::map<std::tuple<const Value*, Format, Format>, double> reformat_price_;
};

bool prune(States& states, size_t beam) {
  if (states.size() <= beam) return false;
  std::vector<double> costs;
  for (const auto& [demands, state] : states) costs.push_back(state.ms - state.ahead_ms);
  std::nth_element(costs.begin(), costs.begin() + long(beam) - 1, costs.end());
  double limit = costs[beam - 1];
  std::erase_if(states, [&](const auto& s) { return s.second.ms - s.second.ahead_ms > limit; });
  return true;
}

void add_regrets(Cover& result, const Graph& graph, Sweep& sweep, std::deque<States>& generations) {
  auto later = generations.rbegin(), now = std::next(later);
  for (const auto& node : graph.nodes()) {
    for (auto& [demands, state] : *now)
      sweep.ways(demands, *node, [&](const Offer* offer, double ms, const auto&, const Demands& rest) {
        auto next = later->find(rest);
        if (next == later->end()) return;  // the beam dropped it
        state.to_go_ms = std::min(state.to_go_ms, ms + next->second.to_go_ms);
        if (!offer) return;
        double regret = state.ms + ms + next->second.to_go_ms - result.ms;
        auto [known, fresh] = result.regret_ms.try_emplace(offer, regret);
        if (!fresh) known->second = std::min(known->second, regret);
      });
    ++later, ++now;
  }
}

}  // namespace

Cover cover(const Graph& graph, const Catalog& catalog, const Costs& costs, size_t beam, bool with_regret) {
  Sweep sweep(graph, catalog, costs);
  Cover result;
  std::deque<States> generations(1);  // all are kept: states point into earlier ones
  generations.back()[sweep.wanted(graph)] = {};
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    costs.target.stop.check();
    const States& now = generations.back();
    States& next = generations.emplace_back();
    for (const auto& [demands, state] : now)
      sweep.ways(demands, **node, [&](const Offer* offer, double ms, std::vector<Reformat> reformats, Demands rest) {
        auto [it, fresh] = next.try_emplace(std::move(rest));
        if (fresh || state.ms + ms < it->second.ms)
          it->second = {state.ms + ms, INFINITY, std::max(0.0, state.ahead_ms + sweep.ahead_ms(offer, **node)),
                        &state,        offer,    std::move(reformats)};
      });
    check(!next.empty(), ErrorId::internal, "nobody offers to compute ", (*node)->label());
    result.optimal = !prune(next, beam) && result.optimal;
    result.states = std::max(result.states, next.size());
  }
  State& end = generations.back().at({});  // every demand is met
  result.ms = end.ms;
  for (const State* s = &end; s->before; s = s->before)
    if (s->offer) result.choices.push_back({s->offer, s->reformats});
  end.to_go_ms = 0;
  if (with_regret) add_regrets(result, graph, sweep, generations);
  return result;
}

// One round of timing. True if anything new was measured.
static bool measure_what_is_new(const Cover& cover, Costs& costs, FunctionRef<bool()> go_on) {
  bool any = false;
  for (const Choice& c : cover.choices) {
    costs.target.stop.check();
    if (!go_on()) return any;
    if (!costs.measured(*c.offer) && c.offer->expected_ms < longest_timed_run_ms) {
      costs.measure(*c.offer);
      any = true;
    }
    for (const Reformat& r : c.reformats)
      if (!costs.cache.find(costs.reformat_key(*r.value, r.from, r.to))) {
        costs.measure_reformat(*r.value, r.from, r.to);
        any = true;
      }
  }
  return any;
}

Cover tuned_cover(const Graph& graph, const Catalog& catalog, Costs& costs, FunctionRef<bool()> go_on) {
  costs.guess = Guess::expected;  // the likely winner first: whatever else wins must beat real times
  for (Guess guess : {Guess::expected, Guess::bound}) {
    costs.guess = guess;
    while (measure_what_is_new(cover(graph, catalog, costs, default_beam), costs, go_on)) {
    }
  }
  costs.guess = Guess::expected;
  return cover(graph, catalog, costs, default_beam, true);
}

}  // namespace tenon
