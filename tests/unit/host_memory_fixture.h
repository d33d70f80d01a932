// One network over both sides of the host-memory device, and buffers in either space: what tests of such plans share.
#pragma once
#include <gtest/gtest.h>

#include <string>

#include "host_memory_target.h"
#include "runtime/context.h"

namespace tenon {

// Device, host, device, host and device again; outputs of either, one twice, an input and a constant as they are.
extern const char* const both_sides;

Weights floats(const Extents& extents, int seed);
Values inputs_of(int64_t batch, int seed);  // of that network
std::vector<Extents> extents_of(const Values& inputs);
// The same reference kernels on the CPU alone: the same bits.
Values expected_of(const Values& inputs, const char* network = both_sides);
void expect_equal(const Values& found, const Values& expected);

// Which of a plan's inputs and outputs, in this order, lie in the device's memory.
using Placing = bool (*)(size_t);
bool all_there(size_t);
bool none_there(size_t);
bool every_second(size_t i);

// Memory of either space for each of them, at the context's shape.
struct Buffers {
  HostMemoryDevice& device;
  std::vector<std::shared_ptr<std::byte>> memory;
  std::vector<const void*> in;
  std::vector<void*> out;
  Values results;  // where they are read to

  Buffers(HostMemoryDevice& device, const Plan& plan, const ExecutionContext& context, const Values& inputs,
          Placing there);
  void write(const Values& inputs);  // and poisons the outputs
  const Values& read();
};

// Calls and returns what was thrown as text; "none".
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "none";
}

class HostMemoryPlanThreads : public testing::Test {
 protected:
  OnHostMemory on_;
  HostMemoryDevice& device_ = on_.device;
  std::shared_ptr<const Plan> plan_ = on_.plan(both_sides);
  std::unique_ptr<ExecutionContext> context_ = std::make_unique<ExecutionContext>(plan_, 1);

  Buffers bind(const Values& inputs, Placing there = all_there);
  void check_run(Buffers& buffers, const Values& inputs, const char* network = both_sides);
  void check_one(int64_t batch, int seed, Placing there);
  // How many recordings `run` launches.
  template <class Run>
  int64_t launches_of(Run run) {
    int64_t before = device_.launches();
    run();
    return device_.launches() - before;
  }
};

}  // namespace tenon
