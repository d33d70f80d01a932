// What steps of a device cost: its roofs, and its own clock over a recording of many runs, as a plan will run them.
#include <algorithm>
#include <cmath>

#include "devices/device.h"
#include "select/costs.h"

namespace tenon {

double Costs::device_reformat_ms(Format from, Format to, int64_t bytes) const {
  if (from.layout == Layout::c16 || to.layout == Layout::c16) return INFINITY;  // the CPU's alone
  bool converts = from.element != to.element || from.layout != to.layout;
  if (converts && !target.device_reformat) return INFINITY;
  DevicePeaks peaks = target.device->peaks();
  double share = guess == Guess::bound ? 1 : .5;
  if (from.space == to.space) return peaks.launch_ms + double(bytes) / (peaks.memory_gbytes * share) * 1e-6;
  constexpr double latency_ms = 0.01;  // of a copy over the link
  return latency_ms + double(bytes) / 2 / (peaks.link_gbytes * share) * 1e-6;
}

double Costs::time_on_device_ms(const Kernel& kernel, const std::vector<Operand>& in, const std::vector<Operand>& out) {
  Device& device = *target.device;
  std::vector<std::shared_ptr<std::byte>> memory;
  std::vector<ConstView> from;
  std::vector<View> to;
  std::shared_ptr<void> stream = device.make_stream();
  auto view = [&](const Operand& o) {
    int64_t bytes = stored_bytes(*o.value, o.format, target);
    auto known = constants.find(o.value);
    memory.push_back(o.format.space == Space::device ? device.allocate(bytes, "what is timed")
                                                     : device.allocate_host(bytes, "what is timed"));
    std::byte* data = memory.back().get();
    if (known != constants.end() && known->second->bytes() == bytes && o.format.layout == Layout::plain)
      device.copy(data, known->second->data, bytes, stream.get());
    else device.fill(data, 0, bytes, stream.get());
    return View{data, o.format.element, at(o.value->shape(), target.typical)};
  };
  for (const Operand& o : in) from.push_back(view(o));
  for (const Operand& o : out) to.push_back(view(o));
  memory.push_back(device.allocate(kernel.scratch_bytes(from, to), "scratch of what is timed"));
  Call call{from, to, memory.back().get(), workers, nullptr, stream.get()};
  kernel.run(call);  // alone first: libraries set themselves up
  device.synchronize(stream.get());
  constexpr int runs = 10;
  std::unique_ptr<Recording> recording = record(device, stream.get(), [&] {
    for (int i = 0; i < runs; ++i) kernel.run(call);
  });
  double best = 1e9;
  for (int i = 0; i < 3; ++i) best = std::min(best, device.time_ms(*recording, stream.get()));
  return std::max(best / runs, 1e-6);
}

}  // namespace tenon
