// ExecutionContext: shapes, addresses, scratch memory; runs a plan. One context serves one caller at a time.
#pragma once
#include <atomic>
#include <memory>

#include "plan/plan.h"

namespace tenon {

class ExecutionContext {
 public:
  ExecutionContext(std::shared_ptr<const Plan> plan, int threads);

  // The extents of all inputs, in the plan's order. Refuses what does not agree with the network; known shapes are
  // looked up, a new one is evaluated once.
  void set_shapes(std::span<const Extents> inputs);
  const Extents& output_extents(int i) const;
  // Addresses of dense row-major memory, in the plan's order. Returns when the outputs are written.
  void run(std::span<const void* const> inputs, std::span<void* const> outputs);

  // From now on each run adds every step's milliseconds to its sum, in the plan's order; and those sums.
  void set_profiling(bool on);
  const std::vector<double>& step_ms() const { return step_ms_; }

  int64_t arena_bytes() const { return arena_bytes_; }

 private:
  struct Shape;  // everything that follows from the inputs' extents
  void plan_for_highest();
  void check_profile(const Binding& binding) const;
  std::unique_ptr<Shape> bind(std::span<const Extents> inputs) const;
  void set_addresses(std::span<const void* const> inputs, std::span<void* const> outputs);

  void run_steps();

  std::shared_ptr<const Plan> plan_;
  Workers workers_;
  std::shared_ptr<std::byte> arena_;
  std::optional<MemoryMap> highest_;  // with a profile: offsets at its highest extents, which serve all shapes
  std::vector<Extents> highest_extents_;
  int64_t arena_bytes_ = 0;
  std::vector<std::shared_ptr<Shape>> shapes_;  // most recent first, at most max_shapes
  Shape* now_ = nullptr;
  std::vector<double> step_ms_;  // empty: no profiling
  std::atomic<bool> in_use_ = false;
};

constexpr size_t max_shapes = 64;

}  // namespace tenon
