#include "select/index_faults.h"

#include <gtest/gtest.h>

#include "devices/host_memory/host_memory.h"

namespace tenon {
namespace {

TEST(IndexFaults, are_thrown_once_and_only_when_they_are_written) {
  HostMemoryDevice device;
  IndexFaults faults(device, "gather 'y'");
  Workers one(1);
  Call call{{}, {}, nullptr, one};
  EXPECT_EQ(IndexFaults::of(call), nullptr);  // nobody will ask
  call.state = &faults;
  auto* fault = static_cast<IndexFault*>(IndexFaults::of(call));
  ASSERT_NE(fault, nullptr);
  EXPECT_NO_THROW(faults.check_run());
  *fault = {1, -7, 3, 5};  // a thread is about to write
  EXPECT_NO_THROW(faults.check_run());
  fault->state = 2;
  try {
    faults.check_run();
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.id(), ErrorId::invalid_argument);
    EXPECT_NE(std::string(e.what()).find("gather 'y': index -7 at position 3 is out of range for extent 5"),
              std::string::npos)
        << e.what();
  }
  EXPECT_NO_THROW(faults.check_run());  // the next run has faults of its own
}

}  // namespace
}  // namespace tenon
