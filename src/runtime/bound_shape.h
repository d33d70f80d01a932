// Everything that follows from the extents of a context's inputs, kept for when they come again.
#pragma once
#include "devices/device.h"
#include "runtime/context.h"

namespace tenon {

// A step of the host among steps of a device: called in the stream's order, with the views it was enqueued with.
struct HostCall {
  const Step* step;
  KernelState* state;
  std::vector<ConstView> in;
  std::vector<View> out;
  std::byte *scratch, *threads_scratch;
  ExecutionContext* context;
  bool once;  // deletes itself when it has run; those of a recording run many times
};

struct Recorded {
  std::vector<const void*> addresses;  // of inputs and outputs, which the recording has within
  std::vector<std::unique_ptr<HostCall>> host_calls;
  std::unique_ptr<Recording> recording;
  std::vector<std::shared_ptr<const void>> keeps;  // memory that a program's own graph has within
};

struct ExecutionContext::Shape {
  std::vector<Extents> inputs;
  Binding given;
  std::vector<Extents> extents;  // by slot
  std::vector<int64_t> bytes;    // by slot
  MemoryMap memory;
  struct Views {
    std::vector<ConstView> in;
    std::vector<View> out;
  };
  std::vector<Views> steps;
  int64_t held_bytes = 0;  // by all of this, staging included

  // On a device: what stands in for inputs and outputs in the host's memory, and the work for addresses that came
  // twice within the last few runs.
  std::vector<std::shared_ptr<std::byte>> staging;
  std::vector<std::vector<const void*>> seen;
  size_t oldest_seen = 0;
  std::vector<Recorded> recorded;

  void count_tables();                                          // into held_bytes
  bool came_before(const std::vector<const void*>& addresses);  // and is noted
};

}  // namespace tenon
