#include "tenon/build.h"

#include <chrono>
#include <unordered_set>

#include "optimizer/pipeline.h"
#include "regions/reference/reference.h"
#include "regions/reformat/reformat.h"

namespace tenon {

namespace {

using clock = std::chrono::steady_clock;

double ms_since(clock::time_point start) {
  return std::chrono::duration<double, std::milli>(clock::now() - start).count();
}

// regions.def lists the providers; the order is that of explanations and of ties.
const Providers& providers(bool optimize) {
#define REGION(Provider, object) static const Provider object;
#include "regions/regions.def"
#undef REGION
  static const Providers all{
#define REGION(Provider, object) &object,
#include "regions/regions.def"
#undef REGION
  };
  static const Providers plain{&reference};
  return optimize ? all : plain;
}

// Symbols stand for 1 where nobody said what is typical.
Binding typical_binding(const Graph& graph) {
  std::map<std::string, int> symbols;
  for (const auto& n : graph.nodes())
    for (const auto& v : n->outputs())
      for (const Dim& d : v->shape()) d.symbols(symbols);
  Binding binding;
  for (const auto& [name, count] : symbols) binding[name] = 1;
  return binding;
}

double weights_bytes(const Plan& plan) {
  std::unordered_set<const Tensor*> seen;
  double bytes = 0;
  for (const Slot& s : plan.slots)
    if (s.weights && seen.insert(s.weights.get()).second) bytes += double(s.weights->bytes());
  return bytes;
}

}  // namespace

Built build(Graph lowered, const BuildOptions& options) {
  auto start = clock::now();
  Built built;
  built.graph = std::make_unique<Graph>(std::move(lowered));
  Graph graph = clone(*built.graph);
  if (options.optimize) {
    RewriteLog log = optimize(graph, {}, [](const char*, const Graph&) {});
    built.stats["rewrites"] = log.rewrites;
  }

  Workers workers(options.threads);
  Target target;
  target.threads = workers.threads();
  target.machine = concat("cpu x86-64, ", workers.threads(), " threads");
  target.typical = typical_binding(graph);
  target.reformat = prepare_reformat;

  TimingCache cache;
  Costs costs(target, cache, workers);
  Catalog offers = catalog(graph, providers(options.optimize), target, domains(graph, {}));
  Cover chosen = cover(graph, offers, costs, default_beam, true);
  built.stats["first_plan_ms"] = ms_since(start);
  if (options.tuning_ms > 0)
    chosen = tuned_cover(graph, offers, costs, [&] { return ms_since(start) < options.tuning_ms; });
  built.explanation = explain(chosen, offers, costs);
  built.plan = std::make_shared<const Plan>(make_plan(graph, chosen, target));
  built.stats["build_ms"] = ms_since(start);
  built.stats["weights_bytes"] = weights_bytes(*built.plan);
  built.stats["steps"] = double(built.plan->steps.size());
  return built;
}

}  // namespace tenon
