#include "select/node_kernel.h"

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

}  // namespace tenon
