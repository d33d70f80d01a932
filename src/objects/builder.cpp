#include "objects/builder.h"

#include <cstring>

#include "ir/graph.h"
#include "ir/network.h"
#include "objects/convert.h"
#include "objects/engine.h"
#include "objects/network.h"
#include "ops/input/input.h"
#include "tenon/build.h"

namespace tenon::objects {

namespace {

// How long kernels may be timed, by optimization level.
double tuning_ms(int32_t level) {
  constexpr double by_level[] = {0, 0, 500, 2000, 5000, 15000};
  return by_level[std::clamp(level, 0, 5)];
}

struct Three {
  Dims least, usual, most;
};

Three three_of(const OptimizationProfile& profile, const std::string& input) {
  auto get = [&](OptProfileSelector which) { return profile.dimensions(input.c_str(), which); };
  return {get(OptProfileSelector::min), get(OptProfileSelector::opt), get(OptProfileSelector::max)};
}

// Ranges of the symbols in one input's shape, from its three shapes; a fixed extent must stand there as it is.
void add_ranges(const std::string& input, const Shape& shape, const Three& three, Profile& ranges) {
  for (const Dims* dims : {&three.least, &three.usual, &three.most})
    check(dims->n == int32_t(shape.size()), "the profile's shape ", to_text(*dims), " of '", input, "' does not fit ",
          shape);
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t low = three.least.d[i], usual = three.usual.d[i], high = three.most.d[i];
    if (shape[i].known()) {
      check(low == shape[i].value() && usual == low && high == low, "extent ", i, " of '", input, "' is ", shape[i],
            " in the network; the profile says ", low, ", ", usual, ", ", high);
      continue;
    }
    std::map<std::string, int> symbols;
    shape[i].symbols(symbols);
    for (const auto& [symbol, count] : symbols) {
      auto [it, fresh] = ranges.ranges.try_emplace(symbol, Range{low, high});
      check(fresh || it->second == Range{low, high}, "extent ", i, " of '", input, "' goes from ", low, " to ", high,
            ", that of another input, which is the same dimension '", symbol, "', from ", it->second.low, " to ",
            it->second.high);
      ranges.typical[symbol] = usual;
    }
  }
}

Profile profile_of(const BuilderConfig& config, const Graph& graph) {
  Profile ranges;
  if (config.profiles.empty()) return ranges;
  check(config.profiles.size() == 1, ErrorId::unsupported, config.profiles.size(),
        " optimization profiles; one is possible today");
  const OptimizationProfile& profile = *config.profiles[0];
  for (const Node* in : graph.inputs()) {
    const Shape& shape = in->output().shape();
    if (all_known(shape)) continue;
    const std::string& input = in->output().name;
    Three three = three_of(profile, input);
    check(three.least.n >= 0 && three.usual.n >= 0 && three.most.n >= 0, "input '", input, "' is ", shape,
          "; the profile needs its kMIN, kOPT and kMAX shapes");
    add_ranges(input, shape, three, ranges);
  }
  return ranges;
}

}  // namespace

void OptimizationProfile::set_dimensions(const char* input, OptProfileSelector which, const Dims& dims) {
  std::string called = text_or_refuse(input, "the input's name");
  for (int i = 0; i < dims.n; ++i)
    check(dims.d[i] >= 0, "extent ", i, " of '", called, "' is ", dims.d[i], "; a profile needs numbers");
  shapes[called][which] = dims;
}

Dims OptimizationProfile::dimensions(const char* input, OptProfileSelector which) const {
  Dims none;
  none.n = -1;
  auto it = shapes.find(text_or_refuse(input, "the input's name"));
  if (it == shapes.end()) return none;
  auto dims = it->second.find(which);
  return dims == it->second.end() ? none : dims->second;
}

bool OptimizationProfile::is_valid() const {
  for (const auto& [input, set] : shapes) {
    Three three = three_of(*this, input);
    if (three.least.n < 0 || three.least.n != three.usual.n || three.usual.n != three.most.n) return false;
    for (int i = 0; i < three.least.n; ++i)
      if (three.least.d[i] > three.usual.d[i] || three.usual.d[i] > three.most.d[i]) return false;
  }
  return true;
}

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
  check(!network.implicit_batch, ErrorId::unsupported,
        "networks with implicit batch; create the network with kEXPLICIT_BATCH");
  network.update();
  std::vector<std::string> notes;
  Graph graph = lower(*network.ir, constraints_of(network, config), &notes);
  for (const std::string& note : notes) say(Severity::warning, note);
  BuildOptions how;
  how.profile = profile_of(config, graph);
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
  profile_of(config, lower(*network.ir));
  return true;
}

std::shared_ptr<Builder> create_builder(std::shared_ptr<LogSink> log) {
  auto builder = std::make_shared<Builder>();
  builder->sink = std::move(log);
  return builder;
}

}  // namespace tenon::objects
