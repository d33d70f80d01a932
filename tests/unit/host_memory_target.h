// Plans for the host-memory device: reference kernels as work on its streams, for some operators; the host has the
// rest.
#pragma once
#include <atomic>

#include "devices/host_memory/host_memory.h"
#include "plan/plan.h"
#include "run_built.h"

namespace tenon {

// Pointwise operators, softmax and reduce run on the device, tanh of maps in NHWC; all others on the host. Each kernel
// refuses addresses of the wrong space.
class HostMemoryProvider final : public Provider {
 public:
  HostMemoryProvider(HostMemoryDevice& device, bool host_offers_all) : device_(device), all_(host_offers_all) {}

  const char* name() const override { return "host_memory"; }
  std::vector<std::string> kernels() const override { return {"device.reference", "device.nhwc", "host.reference"}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;

  // What tests do to kernels while they run.
  struct Faults {
    std::atomic<bool> launch_fails = false;     // a device kernel's, before anything is enqueued
    std::atomic<bool> kernel_fails = false;     // on the stream
    std::atomic<bool> host_step_waits = false;  // inside, until this is false again
    std::atomic<bool> host_step_entered = false;
  };
  Faults& faults() const { return faults_; }

 private:
  HostMemoryDevice& device_;
  bool all_;
  mutable Faults faults_;
};

// Device, provider and whatever plans were built with them.
struct OnHostMemory {
  HostMemoryDevice device;
  HostMemoryProvider provider, competing;
  bool converts = true;  // false: the device only copies, and the host offers everything too

  explicit OnHostMemory(int64_t memory_bytes = int64_t(1) << 30)
      : device(memory_bytes), provider(device, false), competing(device, true) {}
  std::shared_ptr<const Plan> plan(const std::string& network, const Profile& profile = {});
  std::shared_ptr<const Plan> tuned_plan(const std::string& network, TimingCache& cache);

 private:
  std::shared_ptr<const Plan> build(const std::string& network, const Profile& profile, const Provider& by,
                                    TimingCache* cache);
};

}  // namespace tenon
