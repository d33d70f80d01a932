// Between the host's memory and a device's: one copy, and a kernel of the device where the format changes too.
#include "devices/device.h"
#include "regions/reformat/reformat.h"

namespace tenon {

namespace {

class DeviceReformat final : public Kernel {
 public:
  DeviceReformat(const Target& target, const TensorType& type, Format from, Format to)
      : device_(target.device), from_(from), to_(to) {
    Format there_from = from, there_to = to;
    there_from.space = there_to.space = Space::device;
    if (there_from == there_to) return;
    check(target.device_reformat, ErrorId::internal, "no reformat from ", from, " to ", to);
    convert_ = target.device_reformat(target, type, there_from, there_to);
  }

  int64_t scratch_bytes(ConstViews in, Views) const override {
    if (!convert_ || from_.space == to_.space) return 0;
    return stored_bytes(in[0].extents, from_.space == Space::host ? from_ : to_);
  }

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    if (!convert_) return device_->copy(y.data, x.data, stored_bytes(x.extents, to_), call.stream);
    View between{call.scratch, x.element, x.extents};
    if (from_.space == Space::host) {
      device_->copy(between.data, x.data, stored_bytes(x.extents, from_), call.stream);
      ConstView there = between;
      return convert_->run({{&there, 1}, call.out, nullptr, call.workers, nullptr, call.stream});
    }
    if (to_.space == Space::device) return convert_->run(call);
    between.element = to_.element;
    convert_->run({call.in, {&between, 1}, nullptr, call.workers, nullptr, call.stream});
    device_->copy(y.data, between.data, stored_bytes(x.extents, to_), call.stream);
  }

 private:
  Device* device_;
  Format from_, to_;
  std::unique_ptr<Kernel> convert_;  // null: the bytes stay as they are
};

}  // namespace

std::unique_ptr<Kernel> prepare_device_reformat(const Target& target, const TensorType& type, Format from, Format to) {
  check(target.device, ErrorId::internal, "a reformat from ", from, " to ", to, " without a device");
  return std::make_unique<DeviceReformat>(target, type, from, to);
}

}  // namespace tenon
