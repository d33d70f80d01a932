#include "tenon/build.h"

#include <chrono>
#include <unordered_set>

#include "base/file.h"
#include "ops/assertion/assertion.h"
#include "ops/constant/constant.h"
#include "ops/if/if.h"
#include "ops/input/input.h"
#include "ops/loop/loop.h"
#include "optimizer/pipeline.h"
#include "runtime/control_flow.h"
#include "select/choices.h"
#include "tenon/providers.h"

namespace tenon {

namespace {

using clock = std::chrono::steady_clock;

double ms_since(clock::time_point start) {
  return std::chrono::duration<double, std::milli>(clock::now() - start).count();
}

std::map<std::string, int> symbols_of(const Graph& graph) {
  std::map<std::string, int> symbols;
  for (const auto& n : graph.nodes())
    for (const auto& v : n->outputs()) {
      for (const Dim& d : v->shape()) d.symbols(symbols);
      for (const Dim& d : v->contents.value_or(Contents())) d.symbols(symbols);
    }
  return symbols;
}

std::map<std::string, int> symbols_of_inputs(const Graph& graph) {
  std::map<std::string, int> symbols;
  for (const Node* in : graph.inputs()) {
    for (const Dim& d : in->output().shape()) d.symbols(symbols);
    for (const Dim& d : as<Input>(*in)->known) d.symbols(symbols);
  }
  return symbols;
}

// Where nobody said what is typical: a batch, which is the first axis of an input, of one; sequences and images of 128.
Binding typical_binding(const Graph& graph, const std::map<std::string, int>& symbols, const Profile& profile) {
  constexpr int64_t batch = 1, length = 128;
  Binding binding = profile.typical;
  for (const Node* input : graph.inputs())
    if (std::map<std::string, int> first; input->output().type().rank() > 0) {
      input->output().shape()[0].symbols(first);
      for (const auto& [name, count] : first) binding.try_emplace(name, batch);
    }
  for (const auto& [name, count] : symbols) binding.try_emplace(name, length);
  return binding;
}

std::map<const Value*, Weights> constants_of(const Graph& graph) {
  std::map<const Value*, Weights> constants;
  for (const auto& n : graph.nodes())
    if (n->outputs().size() == 1)
      if (Weights w = constant_of(n->output())) constants.emplace(&n->output(), w);
  return constants;
}

// What inference could not see and folding has found out.
void check_assertions(const Graph& graph) {
  for (const auto& n : graph.nodes())
    if (const Assertion* op = as<Assertion>(*n))
      if (Weights condition = constant_of(n->input(1))) op->demand(condition->view());
}

// rule/fold_scale: how often; kernel/softmax.rows: how many steps. What testers of rules and offers ask for.
void count_rewrites(const RewriteLog& log, std::map<std::string, double>& stats) {
  for (const std::string& line : log.lines)
    if (size_t at = line.find(" at "); at != line.npos && line.find(" not at ") == line.npos)
      stats["rule/" + line.substr(0, at)] += 1;
  stats["rewrites"] = log.rewrites;
}

double weights_bytes(const Plan& plan) {
  std::unordered_set<const Tensor*> seen;
  double bytes = 0;
  for (const Slot& s : plan.slots)
    if (s.weights && seen.insert(s.weights.get()).second) bytes += double(s.weights->bytes());
  return bytes;
}

constexpr int64_t largest_timing_cache_bytes = int64_t(64) << 20;

// A file that is not there yet is an empty one; what it holds for other machines stays in it.
void read_timings(const std::string& path, TimingCache& cache, std::vector<std::string>& notes) {
  if (path.empty() || !file_exists(path)) return;
  std::vector<std::byte> text = read_file(path, largest_timing_cache_bytes);
  try {
    for (const std::string& warning : cache.read({reinterpret_cast<const char*>(text.data()), text.size()}))
      notes.push_back(concat("'", path, "': ", warning));
  } catch (Error& e) {
    e.add_context(concat("'", path, "'"));
    throw;
  }
}

// What another process has written meanwhile is kept: times of both are merged.
void write_timings(const std::string& path, TimingCache& cache) {
  if (path.empty()) return;
  std::vector<std::string> told_already;
  read_timings(path, cache, told_already);
  std::string text = cache.to_text();
  std::span<const std::byte> whole = std::as_bytes(std::span(text));
  save_atomically(path, {&whole, 1});
}

// An engine's plan is taken over as it is: tuning again, or other providers, is asked for by whoever wants something
// else.
StoredCover stored_cover(const BuildOptions& options, const Target& target, const Graph& graph, const Catalog& offers) {
  if (!options.optimize || options.plans.empty() || options.tuning_ms > 0 || !options.providers.empty()) return {};
  return read_choices(options.plans, target, graph, offers);
}

// Bodies run on the host, whatever the rest runs on. What is said of their plans is said of the whole.
SharedProgram program_of(const Body& body, const BuildOptions& options, Built& whole) {
  BuildOptions how = options;
  how.device = "cpu";
  how.keep.clear(), how.plans.clear(), how.profile = {}, how.more_profiles.clear();
  Built built = build(clone(*body), how);
  whole.explanation += built.explanation;
  for (const auto& [name, number] : built.stats)
    if (name.starts_with("kernel/") || name.starts_with("rule/") || name == "steps") whole.stats[name] += number;
  whole.notes.insert(whole.notes.end(), built.notes.begin(), built.notes.end());
  return built.program;
}

std::unique_ptr<Kernel> kernel_with_bodies(const Node& node, const BuildOptions& options, Built& whole) {
  if (const If* op = as<If>(node))
    return if_kernel(program_of(op->then, options, whole), program_of(op->otherwise, options, whole));
  if (const Loop* op = as<Loop>(node)) return loop_kernel(program_of(op->body, options, whole), op->states);
  fail(ErrorId::internal, node.label(), " has graphs within, and nobody runs them");
}

// A plan, and what was chosen for it as text.
struct PlannedStage {
  std::shared_ptr<const Plan> plan;
  std::string choices;
};

// One stage on its way from graph to plan, for one profile.
struct StageBuild {
  const BuildOptions& options;
  const Target& target;
  TimingCache& cache;
  Workers& workers;
  size_t number, profile;
  clock::time_point start;

  // `earlier`: of the profiles before. Where the same is chosen, one plan serves both: it has no extent within.
  PlannedStage run(const Graph& graph, const Profile& ranges, std::span<const PlannedStage> earlier, Built& built) {
    Providers providers = options.optimize ? providers_named(options.providers) : Providers{all_providers()[0]};
    Costs costs(target, cache, workers);
    costs.constants = constants_of(graph);
    Catalog offers = catalog(graph, providers, target, domains(graph, options.permissions));
    Cover chosen;
    Target block = target;  // by whose name an engine file keeps this stage's choices
    if (number) block.isa += concat(" stage ", number);
    if (profile) block.isa += concat(" profile ", profile);
    StoredCover stored = stored_cover(options, block, graph, offers);
    if (stored.cover) {
      chosen = std::move(*stored.cover);
    } else {
      if (!options.plans.empty() && !stored.reason.empty())
        built.notes.push_back("the engine's plan does not serve here and is made anew: " + stored.reason);
      chosen = cover(graph, offers, costs, default_beam, true);
    }
    built.stats["first_plan_ms"] = ms_since(start);
    if (options.tuning_ms > 0)
      chosen = tuned_cover(graph, offers, costs, [&] { return ms_since(start) < options.tuning_ms; });
    built.plans = without_choices(built.plans, block.isa);
    if (options.optimize) built.plans += choices_text(chosen, block.isa);
    PlannedStage made{nullptr, choices_text(chosen, "")};
    for (const PlannedStage& other : earlier)
      if (other.choices == made.choices) return other;
    built.explanation += explain(chosen, offers, costs);
    Plan plan = make_plan(graph, chosen, target);
    if (number == 0) plan.profile = ranges;  // the later ones are as large as the numbers that come
    built.stats["weights_bytes"] += weights_bytes(plan);
    for (const Step& step : plan.steps) built.stats["kernel/" + step.kernel] += 1;
    built.stats["steps"] += double(plan.steps.size());
    made.plan = std::make_shared<const Plan>(std::move(plan));
    return made;
  }
};

std::shared_ptr<const Program> program_of(const Stages& stages, const std::vector<PlannedStage>& planned,
                                          const Graph& lowered, Profile profile) {
  auto program = std::make_shared<Program>();
  for (size_t i = 0; i < stages.list.size(); ++i) {
    const StageGraph& stage = stages.list[i];
    std::vector<std::string> told;
    for (const auto& [name, count] : symbols_of(stage.graph)) told.push_back(name);
    program->stages.push_back({planned[i].plan, stage.inputs, stage.contents, std::move(told)});
  }
  for (size_t i = 0; i < stages.outputs.size(); ++i) {
    Source from = stages.outputs[i];
    TensorType type = from.stage < 0 ? program->inputs()[size_t(from.index)].type
                                     : program->stages[size_t(from.stage)].plan->outputs[size_t(from.index)].type;
    program->outputs.push_back({lowered.outputs()[i].name, std::move(type), from});
  }
  program->profile = std::move(profile);
  return program;
}

}  // namespace

Built build(Graph lowered, const BuildOptions& options) {
  clock::time_point begin = clock::now(), start = begin;
  Built built;
  built.graph = std::make_unique<Graph>(std::move(lowered));
  for (const std::string& name : options.keep) {
    Value* value = built.graph->find(name);
    check(value, "'", name, "' is to be kept, but no value is called so");
    value->kept = true;
  }
  Graph graph = clone(*built.graph);
  if (options.optimize) {
    RewriteLog log = optimize(graph, {.stop = options.stop}, [](const char*, const Graph&) {});
    count_rewrites(log, built.stats);
    check_assertions(graph);
  }

  Workers workers(options.threads);
  Target target = target_on(options.device, workers.threads(), built.notes);
  built.device = target.isa;
  std::vector<Profile> profiles = options.more_profiles;
  profiles.insert(profiles.begin(), options.profile);
  if (profiles.size() == 1 && options.profile.ranges.empty()) profiles = read_profiles(options.plans);
  std::map<std::string, int> symbols = symbols_of(graph), of_inputs = symbols_of_inputs(graph);
  for (const Profile& profile : profiles) check_profile(profile, of_inputs);
  target.stop = options.stop;
  target.bodies = [&](const Node& node) { return kernel_with_bodies(node, options, built); };

  TimingCache cache;
  read_timings(options.timing_cache, cache, built.notes);
  built.plans = to_text(profiles) + without_profiles(options.plans);
  Stages stages = split_into_stages(std::move(graph));
  std::vector<std::vector<PlannedStage>> by_stage(stages.list.size());
  for (size_t p = 0; p < profiles.size(); ++p) {
    if (p) start = clock::now();
    target.typical = typical_binding(*built.graph, symbols, profiles[p]);
    std::vector<PlannedStage> planned;
    for (size_t i = 0; i < stages.list.size(); ++i) {
      StageBuild each{options, target, cache, workers, i, p, start};
      planned.push_back(each.run(stages.list[i].graph, profiles[p], by_stage[i], built));
      by_stage[i].push_back(planned.back());
    }
    std::shared_ptr<const Program> program = program_of(stages, planned, *built.graph, profiles[p]);
    if (p) built.more_programs.push_back(std::move(program));
    else built.program = std::move(program);
  }
  if (options.tuning_ms > 0) write_timings(options.timing_cache, cache);
  built.stats["build_ms"] = ms_since(begin);
  return built;
}

}  // namespace tenon
