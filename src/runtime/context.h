// ExecutionContext: shapes, addresses, scratch memory; runs a plan. One context serves one caller at a time.
// A plan with a device runs on a stream: its steps there are enqueued, its host steps are called in the stream's order.
#pragma once
#include <atomic>
#include <deque>
#include <memory>

#include "plan/plan.h"

namespace tenon {

struct Recorded;

class ExecutionContext {
 public:
  // `profile`: what shapes come, where it is not what the plan was made for.
  ExecutionContext(std::shared_ptr<const Plan> plan, int threads, const Profile* profile = nullptr);
  ~ExecutionContext();

  // The extents of all inputs, in the plan's order. Refuses what does not agree with the network; known shapes are
  // looked up, a new one is evaluated once. `given`: symbols of the plan that no input's extents tell.
  void set_shapes(std::span<const Extents> inputs, const Binding& given = {});
  const Extents& input_extents(int i) const;
  const Extents& output_extents(int i) const;
  const std::string& output_name(int i) const { return plan_->outputs[size_t(i)].name; }
  bool has_late() const;
  bool is_late(int output) const;           // its extents are there when a run is over: late_result; it has no address
  ConstView late_result(int output) const;  // until the next run
  // Addresses of dense row-major memory, in the plan's order. Returns when the outputs are written. An output may lie
  // on inputs: where its step can write over that input it does, else it is made elsewhere and copied at the end.
  void run(std::span<const void* const> inputs, std::span<void* const> outputs);
  // Of a plan with a device: returns when the work is on the stream. Addresses may lie in either space.
  void enqueue(std::span<const void* const> inputs, std::span<void* const> outputs, void* stream);

  bool has_device() const { return plan_->device; }
  Device& device() const { return *plan_->device; }

  // From now on each run adds every step's milliseconds to its sum, in the plan's order; and those sums.
  void set_profiling(bool on);
  const std::vector<double>& step_ms() const { return step_ms_; }

  int64_t arena_bytes() const { return arena_bytes_[0] + arena_bytes_[1]; }

 private:
  struct Shape;  // everything that follows from the inputs' extents
  void plan_for_highest();
  void check_profile(const Binding& binding) const;
  std::unique_ptr<Shape> bind(std::span<const Extents> inputs, const Binding& given) const;
  void set_addresses(std::span<const void* const> inputs, std::span<void* const> outputs);

  // Two threads in one context would write over each other's values: the second is told so.
  class InUse {
   public:
    explicit InUse(std::atomic<bool>& flag) : flag_(flag) {
      check(!flag_.exchange(true, std::memory_order_acquire), ErrorId::in_use,
            "this context is running on another thread; give each thread a context of its own");
    }
    ~InUse() { flag_.store(false, std::memory_order_release); }

   private:
    std::atomic<bool>& flag_;
  };

  // Memory of a slot whose extents are late: it grows, and stays for the next run.
  struct Grown {
    std::shared_ptr<std::byte> memory;
    int64_t bytes = 0;
    Extents extents;
    std::byte* room_for(int64_t wanted, const std::string& name);
  };
  struct StepResults;  // of the step that runs

  void check_addresses(std::span<const void* const> inputs, std::span<void* const> outputs) const;
  bool must_not_lie_at(size_t output, const void* address, std::span<const void* const> inputs) const;
  int64_t bytes_of(int slot) const;
  void run_steps();
  void grow_arenas(const std::array<int64_t, 2>& bytes);
  void drop_old_shapes();
  void wait_for_recordings(const Shape& shape);
  void finish_outputs(std::span<const void* const> inputs, std::span<void* const> outputs, void* stream);
  void copy_output(void* to, const void* from, int64_t bytes, void* stream);

  struct OnDevice;  // on_device.cpp
  void enqueue_steps(void* stream, Recorded* recorded);
  void time_steps(void* stream);
  void* at_device(size_t binding, void* address, int64_t bytes);
  std::byte* staging(size_t binding, int64_t bytes);
  void run_on_device(std::span<const void* const> inputs, std::span<void* const> outputs);
  void enqueue_in_use(std::span<const void* const> inputs, std::span<void* const> outputs, void* stream);
  void launch(void* stream, bool captured);

  std::shared_ptr<const Plan> plan_;
  const Profile profile_;
  Workers workers_;
  std::array<std::shared_ptr<std::byte>, 2> arena_;  // by space
  std::optional<MemoryMap> highest_;  // with a profile: offsets at its highest extents, which serve all shapes
  std::vector<Extents> highest_extents_;
  std::array<int64_t, 2> arena_bytes_{};
  std::vector<std::shared_ptr<Shape>> shapes_;  // most recent first
  Shape* now_ = nullptr;
  std::vector<Grown> grown_;                          // by slot
  std::vector<Grown> made_aside_;                     // by output, where it lies on an input that is read still
  std::vector<void*> targets_;                        // by output: where the run writes it
  std::vector<std::unique_ptr<KernelState>> states_;  // by step
  std::vector<double> step_ms_;                       // empty: no profiling
  std::atomic<bool> in_use_ = false;
  std::unique_ptr<OnDevice> on_device_;  // null: the plan has no device
  std::deque<Recorded> captured_;        // host steps within graphs of the program's own
};

constexpr size_t max_shapes = 64;
constexpr int64_t max_shapes_bytes = int64_t(256) << 20;

bool overlap(const void* a, int64_t a_bytes, const void* b, int64_t b_bytes);

// The symbols' numbers as the inputs' extents tell them, beside those given; refuses extents that do not agree.
Binding bind_symbols(const std::vector<Bound>& inputs, std::span<const Extents> extents, Binding given);

}  // namespace tenon
