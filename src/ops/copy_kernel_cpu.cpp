#include "ops/copy_kernel_cpu.h"

#include <cstring>

namespace tenon {

namespace {

constexpr int64_t bytes_per_task = 256 << 10;

class ReshapeCopy final : public Kernel {
 public:
  bool only_copies() const override { return true; }
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    check(x.count() == y.count(), "cannot see ", x.extents, " as ", y.extents);
    int64_t bytes = y.count() * size_bytes(y.element);
    if (x.data == y.data || bytes == 0) return;
    call.workers.run((bytes + bytes_per_task - 1) / bytes_per_task, [&](int64_t task) {
      int64_t first = task * bytes_per_task;
      std::memcpy(y.as<std::byte>() + first, x.as<std::byte>() + first,
                  size_t(std::min(bytes_per_task, bytes - first)));
    });
  }
};

}  // namespace

std::string fit_copy(const Node&, const Target& target, Offer& offer) {
  offer.in_place = 0;
  price(offer, target, 0, 1, 1);
  return "";
}

std::unique_ptr<Kernel> prepare_copy(const Offer&, const Target&) { return std::make_unique<ReshapeCopy>(); }

}  // namespace tenon
