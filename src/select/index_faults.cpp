#include "select/index_faults.h"

#include <new>

namespace tenon {

IndexFaults::IndexFaults(Device& device, std::string label)
    : memory_(device.allocate_host(sizeof(IndexFault), "indices out of range")), label_(std::move(label)) {
  new (memory_.get()) IndexFault;
}

void IndexFaults::check_run() {
  auto* fault = reinterpret_cast<volatile IndexFault*>(memory_.get());
  if (fault->state != 2) return;
  int64_t index = fault->index, position = fault->position, extent = fault->extent;
  fault->state = 0;
  fail(ErrorId::invalid_argument, label_, ": index ", index, " at position ", position, " is out of range for extent ",
       extent);
}

void* IndexFaults::of(const Call& call) {
  return call.state ? static_cast<IndexFaults*>(call.state)->memory_.get() : nullptr;
}

}  // namespace tenon
