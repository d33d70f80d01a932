// From a network to an engine: profiles, configuration, builder.
#pragma once
#include "objects/optimization_profile.h"

namespace tenon::objects {

struct Network;
struct Engine;

struct TENON_OBJECT HostMemory final : Object {
  std::string bytes;
  void* data() { return bytes.data(); }
  size_t size() const { return bytes.size(); }
  DataType type() const { return DataType::int8; }
};

struct TENON_OBJECT BuilderConfig final : Object {
  std::map<MemoryPoolType, size_t> pool_limits;            // in bytes; those not set are as large as memory
  uint64_t flags = uint64_t(1) << int(BuilderFlag::tf32);  // as programs expect it; only a set flag is used
  int32_t min_timing = 1, avg_timing = 1;
  int32_t optimization_level = 3;
  std::vector<const OptimizationProfile*> profiles;

  void set_memory_pool_limit(MemoryPoolType pool, size_t bytes) { pool_limits[pool] = bytes; }
  size_t memory_pool_limit(MemoryPoolType pool) const;
  void set_workspace(size_t bytes) { set_memory_pool_limit(MemoryPoolType::workspace, bytes); }
  size_t workspace() const { return memory_pool_limit(MemoryPoolType::workspace); }
  void set_flag(BuilderFlag f) { flags |= uint64_t(1) << int(f); }
  void clear_flag(BuilderFlag f) { flags &= ~(uint64_t(1) << int(f)); }
  bool flag(BuilderFlag f) const { return flags >> int(f) & 1; }
  int32_t add_profile(const OptimizationProfile* profile);  // its index
  int32_t nb_profiles() const { return int32_t(profiles.size()); }
};

struct TENON_OBJECT Builder final : Object, std::enable_shared_from_this<Builder> {
  std::vector<std::unique_ptr<OptimizationProfile>> profiles;
  int32_t max_batch = 1;  // of networks with implicit batch

  void set_max_batch(int32_t batch);
  std::shared_ptr<BuilderConfig> create_config();
  std::shared_ptr<Network> create_network(bool implicit_batch);
  OptimizationProfile* create_profile();
  std::shared_ptr<Engine> build_engine(Network& network, BuilderConfig& config);
  std::shared_ptr<HostMemory> build_serialized(Network& network, BuilderConfig& config);
  bool is_network_supported(Network& network, BuilderConfig& config);

 private:
  std::vector<tenon::Profile> ranges_of(const Network& network, const BuilderConfig& config, const Graph& graph) const;
};

TENON_OBJECT std::shared_ptr<Builder> create_builder(std::shared_ptr<LogSink> log);

}  // namespace tenon::objects
