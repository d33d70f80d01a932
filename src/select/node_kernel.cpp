#include "select/node_kernel.h"

#include <algorithm>

#include "devices/device.h"

namespace tenon {

std::string use_layout(Offer& offer, Layout layout) {
  auto set = [&](const Value& value, Format& format) {
    format.layout = layout;
    return has_channels(value.type());
  };
  int rank = offer.region.exits[0]->type().rank();
  for (Operand& o : offer.operands)
    if (o.value->type().rank() == rank && !set(*o.value, o.format))
      return concat("'", o.value->name, "' has no channels");
  for (size_t i = 0; i < offer.results.size(); ++i)
    if (!set(*offer.region.exits[i], offer.results[i]))
      return concat("'", offer.region.exits[i]->name, "' has no channels");
  return "";
}

void price(Offer& offer, const Target& target, double multiply_adds, double share, double memory_share) {
  int64_t bytes = moved_bytes(offer, target);
  offer.bound_ms = roofline_ms(target, multiply_adds, 1, bytes) / target.threads;
  offer.expected_ms = roofline_ms(target, multiply_adds, share, int64_t(double(bytes) / memory_share));
}

void price_on_device(Offer& offer, const Target& target, double multiply_adds, double share) {
  price_on_device(offer, target, multiply_adds, share, double(moved_bytes(offer, target)));
}

void price_on_device(Offer& offer, const Target& target, double multiply_adds, double share, double bytes) {
  DevicePeaks peaks = target.device->peaks();
  bool half = offer.results[0].element == ElementType::f16;
  auto ms = [&](double of_peak, double of_memory) {
    double arithmetic = 2 * multiply_adds / ((half ? peaks.f16_gflops : peaks.f32_gflops) * of_peak);
    return 1e-6 * std::max(arithmetic, bytes / (peaks.memory_gbytes * of_memory));
  };
  offer.bound_ms = ms(1, 1);
  offer.expected_ms = peaks.launch_ms + ms(share, .7);
}

}  // namespace tenon
