// What the host-memory device alone promises; the rest is tests/unit/device_conformance_test.cpp.
#include "devices/host_memory/host_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace tenon {
namespace {

class HostMemoryThreads : public testing::Test {
 protected:
  template <class Function>
  void enqueue(Function function) {
    auto owned = std::make_shared<Function>(std::move(function));
    device_.enqueue([](void* f) { (*static_cast<Function*>(f))(); }, owned, nullptr);
  }
  template <class Call>
  static std::string text_of_error(Call call) {
    try {
      call();
    } catch (const std::exception& e) {
      return e.what();
    }
    return "none";
  }
  HostMemoryDevice device_;
};

TEST_F(HostMemoryThreads, fresh_memory_is_poisoned) {
  for (const auto& x : {device_.allocate(300, "x"), device_.allocate_host(300, "x")})
    EXPECT_EQ(std::count(x.get(), x.get() + 300, std::byte{0xff}), 300);
}

TEST_F(HostMemoryThreads, a_copy_beyond_a_block_is_an_error_when_enqueued) {
  std::shared_ptr<std::byte> x = device_.allocate(100, "x");
  std::vector<std::byte> y(200);
  EXPECT_EQ(text_of_error([&] { device_.copy(y.data(), x.get() + 1, 100, nullptr); }),
            "TN402: a copy from 100 bytes at 1 of a block of 100");
  EXPECT_EQ(text_of_error([&] { device_.copy(x.get(), y.data(), 101, nullptr); }),
            "TN402: a copy to 101 bytes at 0 of a block of 100");
  EXPECT_EQ(text_of_error([&] { device_.fill(x.get() - 4, 0, 8, nullptr); }),
            "TN402: a fill of 8 bytes at -4 of a block of 100");
  EXPECT_EQ(text_of_error([&] { device_.copy(y.data(), x.get(), 100, nullptr); }), "none");
  device_.synchronize(nullptr);
}

TEST_F(HostMemoryThreads, what_work_throws_is_told_once_by_the_next_synchronize) {
  int later = 0;
  enqueue([] { fail(ErrorId::unsupported, "the first"); });
  enqueue([] { throw std::runtime_error("the second"); });
  enqueue([&] { ++later; });
  EXPECT_EQ(text_of_error([&] { device_.synchronize(nullptr); }), "TN301: the first");
  EXPECT_EQ(later, 1) << "what comes after runs";
  EXPECT_EQ(text_of_error([&] { device_.synchronize(nullptr); }), "none");
}

TEST_F(HostMemoryThreads, launches_are_counted_and_a_recording_keeps_what_it_runs) {
  auto sum = std::make_shared<int>(0);
  std::unique_ptr<Recording> recording = record(device_, nullptr, [&] { enqueue([sum] { *sum += 2; }); });
  EXPECT_EQ(sum.use_count(), 2);
  for (int i = 0; i < 3; ++i) recording->launch(nullptr);
  recording.reset();
  device_.synchronize(nullptr);
  EXPECT_EQ(*sum, 6);
  EXPECT_EQ(device_.launches(), 3);
  EXPECT_EQ(sum.use_count(), 1);
}

TEST_F(HostMemoryThreads, a_stream_that_is_gone_is_an_error) {
  Stream gone = device_.make_stream().get();
  EXPECT_EQ(text_of_error([&] { device_.synchronize(gone); }), "TN402: this is no stream of the device, or no longer");
}

TEST_F(HostMemoryThreads, memory_is_limited_and_counted) {
  HostMemoryDevice small(1000);
  std::shared_ptr<std::byte> x = small.allocate(600, "x"), y = small.allocate_host(1000, "y");
  EXPECT_EQ(text_of_error([&] { small.allocate(401, "z"); }),
            "TN401: no 401 bytes of the device's memory for z; 600 of 1000 are in use");
  EXPECT_EQ(small.bytes_in_use(Space::device), 600);
  x.reset();
  EXPECT_EQ(small.bytes_in_use(Space::device), 0);
  EXPECT_NE(small.allocate(1000, "z"), nullptr);
}

}  // namespace
}  // namespace tenon
