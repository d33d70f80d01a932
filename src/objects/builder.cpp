#include "objects/builder.h"

#include "ir/graph.h"
#include "ir/network.h"
#include "objects/convert.h"
#include "objects/engine.h"
#include "objects/network.h"
#include "objects/optimization_profile.h"
#include "tenon/build.h"

namespace tenon::objects {

namespace {

// How long kernels may be timed, by optimization level.
double tuning_ms(int32_t level) {
  constexpr double by_level[] = {0, 0, 500, 2000, 5000, 15000};
  return by_level[std::clamp(level, 0, 5)];
}

}  // namespace

size_t BuilderConfig::memory_pool_limit(MemoryPoolType pool) const {
  constexpr size_t all_there_is = size_t(1) << 40;
  auto it = pool_limits.find(pool);
  return it == pool_limits.end() ? all_there_is : it->second;
}

int32_t BuilderConfig::add_profile(const OptimizationProfile* profile) {
  check(profile, "the profile is null");
  check(profile->is_valid(), "the profile is not kMIN <= kOPT <= kMAX in every extent, or lacks one of the three");
  profiles.push_back(profile);
  return int32_t(profiles.size()) - 1;
}

void Builder::set_max_batch(int32_t batch) {
  check(batch >= 1, "the largest batch is ", batch, ", expected 1 at least");
  max_batch = batch;
}

// Of a network with implicit batch: any batch up to the largest, which is what comes.
std::vector<Profile> Builder::ranges_of(const Network& network, const BuilderConfig& config, const Graph& graph) const {
  if (!network.implicit_batch) return profiles_of(config.profiles, graph);
  Profile batches;
  std::string batch = to_text(batch_extent());
  bool shown = false;
  for (const Node* in : graph.inputs()) shown = shown || in->output().shape()[0] == batch_extent();
  check(shown, ErrorId::unsupported, "all inputs are the same for all of a batch; let one be another for each");
  batches.ranges[batch] = {1, max_batch};
  batches.typical[batch] = max_batch;
  return {batches};
}

std::shared_ptr<BuilderConfig> Builder::create_config() {
  auto config = std::make_shared<BuilderConfig>();
  config->inherit(*this);
  return config;
}

std::shared_ptr<Network> Builder::create_network(bool implicit_batch) {
  auto network = std::make_shared<Network>(implicit_batch);
  network->made_by = shared_from_this();
  network->inherit(*this);
  return network;
}

OptimizationProfile* Builder::create_profile() {
  OptimizationProfile& profile = *profiles.emplace_back(std::make_unique<OptimizationProfile>());
  profile.inherit(*this);
  return &profile;
}

static Constraints constraints_of(const Network& network, const BuilderConfig& config) {
  using enum BuilderFlag;
  if (network.strongly_typed) {
    for (BuilderFlag f : {fp16, bf16, int8, fp8, obey_precision_constraints, prefer_precision_constraints})
      check(!config.flag(f), "a flag that allows or demands other types is set (bit ", int(f),
            " of the core's), and the network is strongly typed: its types are as its layers say");
    return Constraints::ignored;
  }
  if (config.flag(obey_precision_constraints)) return Constraints::obeyed;
  bool preferred = config.flag(prefer_precision_constraints) || config.flag(strict_types);
  return preferred ? Constraints::preferred : Constraints::ignored;
}

std::shared_ptr<Engine> Builder::build_engine(Network& network, BuilderConfig& config) {
  network.update();
  std::vector<std::string> notes;
  Graph graph = lower(*network.ir, constraints_of(network, config), &notes);
  for (const std::string& note : notes) say(Severity::warning, note);
  BuildOptions how;
  std::vector<Profile> profiles = ranges_of(network, config, graph);
  how.profile = profiles.front();
  how.more_profiles.assign(profiles.begin() + 1, profiles.end());
  how.tuning_ms = tuning_ms(config.optimization_level);
  how.device = "auto";
  how.permissions = {.f16 = config.flag(BuilderFlag::fp16), .bf16 = config.flag(BuilderFlag::bf16)};
  auto built = std::make_shared<const Built>(build(std::move(graph), how));
  for (const std::string& note : built->notes) say(Severity::info, note);
  auto engine = std::make_shared<Engine>(std::move(built));
  engine->inherit(*this);
  engine->name = network.name;
  return engine;
}

std::shared_ptr<HostMemory> Builder::build_serialized(Network& network, BuilderConfig& config) {
  return build_engine(network, config)->serialize();
}

bool Builder::is_network_supported(Network& network, BuilderConfig& config) {
  network.update();
  ranges_of(network, config, lower(*network.ir));
  return true;
}

std::shared_ptr<Builder> create_builder(std::shared_ptr<LogSink> log) {
  auto builder = std::make_shared<Builder>();
  builder->sink = std::move(log);
  return builder;
}

}  // namespace tenon::objects
