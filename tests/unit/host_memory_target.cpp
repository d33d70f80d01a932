#include "host_memory_target.h"

#include <chrono>
#include <thread>

#include "ir/text.h"
#include "regions/reformat/walking_reformat.h"
#include "tenon/providers.h"

namespace tenon {

namespace {

const Provider& reference() { return *all_providers()[0]; }

template <class SomeViews>
void check_space(const HostMemoryDevice& device, const SomeViews& views, Space space) {
  for (const auto& v : views)
    check(v.count() == 0 || device.space_of(v.data) == space, ErrorId::internal, "an operand of ", v.extents,
          " lies in the wrong space");
}

// Runs a kernel of the host as work on the stream, with the operands of the moment it was enqueued.
void enqueue(HostMemoryDevice& device, const std::shared_ptr<const Kernel>& kernel, const Call& call,
             const std::atomic<bool>* fails = nullptr) {
  check_space(device, call.in, Space::device);
  check_space(device, call.out, Space::device);
  struct Launch {
    std::shared_ptr<const Kernel> kernel;
    std::vector<ConstView> in;
    std::vector<View> out;
    const std::atomic<bool>* fails;
    static void run(void* argument) {
      auto& l = *static_cast<Launch*>(argument);
      check(!l.fails || !*l.fails, ErrorId::device, "a kernel failed on its stream");
      Workers one(1);
      l.kernel->run({l.in, l.out, nullptr, one});
    }
  };
  auto launch = std::make_shared<Launch>(
      Launch{kernel, {call.in.begin(), call.in.end()}, {call.out.begin(), call.out.end()}, fails});
  device.enqueue(Launch::run, std::move(launch), call.stream);
}

class DeviceKernel final : public Kernel {
 public:
  DeviceKernel(HostMemoryDevice& device, std::unique_ptr<Kernel> kernel, HostMemoryProvider::Faults& faults)
      : device_(device), kernel_(std::move(kernel)), faults_(faults) {}

  // Overwritten before the kernel runs: where it overlapped with a value, results would be wrong. None for vectors, so
  // that there are plans without memory of their own.
  int64_t scratch_bytes(ConstViews in, Views) const override { return in[0].rank() > 1 ? 777 : 0; }
  void run(const Call& call) const override {
    check(!faults_.launch_fails, ErrorId::device, "a kernel cannot be launched");
    device_.fill(call.scratch, 0xff, scratch_bytes(call.in, call.out), call.stream);
    enqueue(device_, kernel_, call, &faults_.kernel_fails);
  }

 private:
  HostMemoryDevice& device_;
  std::shared_ptr<const Kernel> kernel_;
  HostMemoryProvider::Faults& faults_;
};

class HostKernel final : public Kernel {
 public:
  HostKernel(HostMemoryDevice& device, std::unique_ptr<Kernel> kernel, HostMemoryProvider::Faults& faults)
      : device_(device), kernel_(std::move(kernel)), faults_(faults) {}

  int64_t scratch_bytes(ConstViews, Views) const override { return 555; }
  void run(const Call& call) const override {
    check_space(device_, call.in, Space::host);
    check_space(device_, call.out, Space::host);
    std::fill_n(call.scratch, 555, std::byte{0xff});
    faults_.host_step_entered = true;
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (faults_.host_step_waits && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    kernel_->run(call);
  }

 private:
  HostMemoryDevice& device_;
  std::unique_ptr<Kernel> kernel_;
  HostMemoryProvider::Faults& faults_;
};

class DeviceReformatKernel final : public Kernel {
 public:
  DeviceReformatKernel(HostMemoryDevice& device, Format from, Format to)
      : device_(device), kernel_(walking_reformat(from, to)) {}
  void run(const Call& call) const override { enqueue(device_, kernel_, call); }

 private:
  HostMemoryDevice& device_;
  std::shared_ptr<const Kernel> kernel_;
};

std::unique_ptr<Kernel> device_reformat(const Target& target, const TensorType&, Format from, Format to) {
  check(from.space == Space::device && to.space == Space::device, ErrorId::internal, "not within the device");
  from.space = to.space = Space::host;  // what a walk reads and writes
  return std::make_unique<DeviceReformatKernel>(static_cast<HostMemoryDevice&>(*target.device), from, to);
}

bool runs_on_device(const Node& node) {
  std::string_view name = node.info().name;
  return is_pointwise(node) || name == "softmax" || name == "reduce";
}

Target target_on(HostMemoryDevice& device) {
  Target target = cpu_target(1);
  target.device = &device;
  target.isa = device.kind();
  target.machine = concat(device.kind(), ", ", device.name());
  target.device_reformat = device_reformat;
  return target;
}

}  // namespace

void HostMemoryProvider::offers(const Node& root, const Target& target, Offers& offers) const {
  Offers by_reference;
  reference().offers(root, target, by_reference);
  for (Offer& offer : by_reference.accepted) {
    if (root.inputs().empty()) return offers.accept(std::move(offer));
    offer.provider = this;
    offer.kernel = "host.reference";
    if (all_ || !runs_on_device(root)) offers.accept(offer);
    if (!runs_on_device(root)) return;
    bool in_maps = std::string_view(root.info().name) == "tanh" && has_channels(root.output().type());
    Format there{{}, in_maps ? Layout::nhwc : Layout::plain, Space::device};
    auto move = [&](Format& f) { f.layout = there.layout, f.space = there.space; };
    for (Operand& o : offer.operands) move(o.format);
    for (Format& f : offer.results) move(f);
    offer.kernel = in_maps ? "device.nhwc" : "device.reference";
    offer.in_place = is_pointwise(root) && root.input_count() == 1 ? 0 : -1;
    offers.accept(std::move(offer));
  }
}

std::unique_ptr<Kernel> HostMemoryProvider::prepare(const Offer& offer, const Target& target) const {
  std::unique_ptr<Kernel> kernel = reference().prepare(offer, target);
  if (on_device(offer)) return std::make_unique<DeviceKernel>(device_, std::move(kernel), faults_);
  return std::make_unique<HostKernel>(device_, std::move(kernel), faults_);
}

std::shared_ptr<const Plan> OnHostMemory::build(const std::string& network, const Profile& profile, const Provider& by,
                                                TimingCache* cache) {
  Graph graph = parse(network);
  Target target = target_on(device);
  if (!converts) target.device_reformat = nullptr;
  target.typical = profile.typical;
  for (const auto& n : graph.nodes())
    for (const auto& v : n->outputs())
      for (const Dim& d : v->shape()) {
        std::map<std::string, int> symbols;
        d.symbols(symbols);
        for (const auto& [name, count] : symbols) target.typical.try_emplace(name, 2);
      }
  TimingCache none;
  Workers one(1);
  Costs costs(target, cache ? *cache : none, one);
  Catalog offers = catalog(graph, {&by}, target, domains(graph, {}));
  Cover chosen = cache ? tuned_cover(graph, offers, costs, [] { return true; }) : cover(graph, offers, costs);
  Plan plan = make_plan(graph, chosen, target);
  plan.profile = profile;
  return std::make_shared<const Plan>(std::move(plan));
}

std::shared_ptr<const Plan> OnHostMemory::plan(const std::string& network, const Profile& profile) {
  return build(network, profile, converts ? provider : competing, nullptr);
}

std::shared_ptr<const Plan> OnHostMemory::tuned_plan(const std::string& network, TimingCache& cache) {
  return build(network, {}, competing, &cache);
}

}  // namespace tenon
