// What a plan relies on, of every device alike: always of the host-memory device, and of the one that
// TENON_TEST_DEVICE names.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <thread>

#include "devices/host_memory/host_memory.h"
#include "gate.h"
#ifdef TENON_CUDA
#include "devices/cuda/cuda.h"
#endif

namespace tenon {
namespace {

using Bytes = std::vector<uint8_t>;

std::vector<std::string> devices() {
  std::vector<std::string> names{"host_memory"};
  if (const char* wanted = std::getenv("TENON_TEST_DEVICE")) names.push_back(wanted);
  return names;
}

Bytes pattern(int64_t count, int seed) {
  Bytes bytes(size_t(count), 0);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = uint8_t(i * 2654435761u >> 13) ^ uint8_t(seed * 37);
  return bytes;
}

void count_up(void* number) { ++*static_cast<int*>(number); }

class DeviceThreads : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string why = "no device is called so here";
    if (GetParam() == "host_memory") device_ = &own_;
#ifdef TENON_CUDA
    if (GetParam() == "cuda") device_ = cuda_device(why);
#endif
    ASSERT_NE(device_, nullptr) << GetParam() << ": " << why;
    stream_ = device().make_stream();
  }

  Device& device() { return *device_; }
  Stream stream() { return stream_.get(); }

  std::shared_ptr<std::byte> memory_with(const Bytes& bytes) {
    std::shared_ptr<std::byte> memory = device().allocate(int64_t(bytes.size()), "a test");
    device().copy(memory.get(), bytes.data(), int64_t(bytes.size()), stream());
    device().synchronize(stream());
    return memory;
  }
  Bytes read(const void* from, int64_t count) {
    Bytes bytes(size_t(count), 0);
    device().copy(bytes.data(), from, count, stream());
    device().synchronize(stream());
    return bytes;
  }
  template <class Call>
  static ErrorId error_of(Call call) {
    try {
      call();
    } catch (const Error& e) {
      return e.id();
    }
    ADD_FAILURE() << "no error";
    return ErrorId::internal;
  }

 private:
  HostMemoryDevice own_;
  Device* device_ = nullptr;
  std::shared_ptr<void> stream_;
};

TEST_P(DeviceThreads, says_what_it_is) {
  EXPECT_FALSE(device().name().empty());
  EXPECT_EQ(device().kind().find(GetParam()), 0u) << device().kind();
  DevicePeaks peaks = device().peaks();
  for (double peak : {peaks.f32_gflops, peaks.f16_gflops, peaks.memory_gbytes, peaks.link_gbytes, peaks.launch_ms})
    EXPECT_GT(peak, 0);
}

TEST_P(DeviceThreads, work_on_a_stream_runs_in_order) {
  Gate gate;
  std::shared_ptr<std::byte> a = device().allocate(64, "a"), b = device().allocate(64, "b");
  Bytes first(64), second(64);
  device().call_host(Gate::call, &gate, stream());
  device().fill(a.get(), 7, 64, stream());
  device().copy(b.get(), a.get(), 64, stream());
  device().fill(a.get(), 9, 64, stream());
  device().copy(first.data(), b.get(), 64, stream());
  device().copy(second.data(), a.get(), 64, stream());
  gate.open();
  device().synchronize(stream());
  EXPECT_EQ(first, Bytes(64, 7));
  EXPECT_EQ(second, Bytes(64, 9));
}

TEST_P(DeviceThreads, copies_between_every_pair_of_spaces) {
  enum Where { pageable, locked, there };
  auto at = [&](Where where, int64_t bytes) -> std::shared_ptr<std::byte> {
    if (where == there) return device().allocate(bytes, "a copy");
    if (where == locked) return device().allocate_host(bytes, "a copy");
    return {new std::byte[size_t(bytes)], std::default_delete<std::byte[]>()};
  };
  for (Where from : {pageable, locked, there})
    for (Where to : {pageable, locked, there})
      for (int64_t size : {0, 1, 3, 4097, 1 << 20})
        for (int64_t offset : {0, 1, 13}) {
          SCOPED_TRACE(concat(int(from), " -> ", int(to), ", ", size, " bytes at ", offset));
          int64_t room = size + offset + 17;
          std::shared_ptr<std::byte> x = at(from, room), y = at(to, room);
          Bytes values = pattern(room, 1), before = pattern(room, 2), expected = before;
          device().copy(x.get(), values.data(), room, stream());
          device().copy(y.get(), before.data(), room, stream());
          device().copy(y.get() + offset, x.get() + 5, size, stream());
          std::copy_n(values.begin() + 5, size, expected.begin() + offset);
          ASSERT_EQ(read(y.get(), room), expected);
        }
}

TEST_P(DeviceThreads, fills_either_space_and_nothing_beside) {
  for (bool there : {true, false}) {
    std::shared_ptr<std::byte> x = there ? device().allocate(100, "a fill") : device().allocate_host(100, "a fill");
    Bytes before = pattern(100, 3), expected = before;
    device().copy(x.get(), before.data(), 100, stream());
    device().fill(x.get() + 3, 0xab, 41, stream());
    device().fill(x.get() + 60, 0xcd, 0, stream());
    std::fill_n(expected.begin() + 3, 41, uint8_t(0xab));
    EXPECT_EQ(read(x.get(), 100), expected);
  }
}

TEST_P(DeviceThreads, knows_the_space_of_inner_addresses) {
  std::shared_ptr<std::byte> x = device().allocate(1000, "x"), y = device().allocate_host(1000, "y");
  std::vector<std::byte> z(1000);
  for (int64_t at : {0, 1, 500, 999}) {
    EXPECT_EQ(device().space_of(x.get() + at), Space::device) << at;
    EXPECT_EQ(device().space_of(y.get() + at), Space::host) << at;
    EXPECT_EQ(device().space_of(z.data() + at), Space::host) << at;
  }
  EXPECT_EQ(device().space_of(nullptr), Space::host);
}

TEST_P(DeviceThreads, memory_is_aligned_and_nothing_is_no_memory) {
  for (int64_t bytes : {1, 100, 5000}) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(device().allocate(bytes, "x").get()) % 256, 0u);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(device().allocate_host(bytes, "y").get()) % 256, 0u);
  }
  EXPECT_EQ(device().allocate(0, "x"), nullptr);
  EXPECT_EQ(device().allocate_host(0, "y"), nullptr);
}

TEST_P(DeviceThreads, host_functions_run_in_the_streams_order) {
  struct Step {
    std::vector<int>* order;
    int number;
  };
  std::vector<int> order, expected(50);
  std::iota(expected.begin(), expected.end(), 0);
  std::vector<Step> steps;
  for (int i : expected) steps.push_back({&order, i});
  std::shared_ptr<std::byte> there = device().allocate(50, "x");
  std::vector<uint8_t> back(50);
  for (Step& s : steps) {
    auto note = [](void* step) {
      auto& self = *static_cast<Step*>(step);
      self.order->push_back(self.number);
    };
    device().call_host(note, &s, stream());
    device().fill(there.get() + s.number, uint8_t(s.number), 1, stream());
  }
  device().copy(back.data(), there.get(), 50, stream());
  device().synchronize(stream());
  EXPECT_EQ(order, expected);
  EXPECT_EQ(back, Bytes(expected.begin(), expected.end()));
}

TEST_P(DeviceThreads, a_recording_runs_as_often_as_it_is_launched) {
  int calls = 0;
  std::shared_ptr<std::byte> x = device().allocate_host(32, "x"), y = device().allocate(32, "y");
  Bytes out(32), before = pattern(32, 1);
  std::memcpy(x.get(), before.data(), 32);
  std::unique_ptr<Recording> recording = record(device(), stream(), [&] {
    EXPECT_TRUE(device().is_recording(stream()));
    device().copy(y.get(), x.get(), 32, stream());
    device().fill(y.get() + 8, 0x5a, 4, stream());
    device().call_host(count_up, &calls, stream());
    device().copy(x.get(), y.get(), 32, stream());
    device().call_host(count_up, &calls, stream());
  });
  EXPECT_FALSE(device().is_recording(stream()));
  device().synchronize(stream());
  EXPECT_EQ(calls, 0) << "noted, not run";
  EXPECT_EQ(std::memcmp(x.get(), before.data(), 32), 0);
  std::shared_ptr<void> other = device().make_stream();
  for (int i = 1; i <= 3; ++i) {
    Bytes expected = pattern(32, i);
    std::memcpy(x.get(), expected.data(), 32);
    std::fill_n(expected.begin() + 8, 4, uint8_t(0x5a));
    Stream where = i == 3 ? other.get() : stream();
    recording->launch(where);
    device().synchronize(where);
    EXPECT_EQ(calls, 2 * i);
    EXPECT_EQ(std::memcmp(x.get(), expected.data(), 32), 0) << "launch " << i;
  }
  EXPECT_GE(device().time_ms(*recording, stream()), 0);
  EXPECT_EQ(calls, 8) << "a timed launch is a launch";
}

TEST_P(DeviceThreads, only_the_stream_that_is_recorded_is_recorded) {
  std::shared_ptr<void> other = device().make_stream();
  int calls = 0;
  device().begin_recording(stream());
  EXPECT_FALSE(device().is_recording(other.get()));
  device().call_host(count_up, &calls, other.get());
  device().synchronize(other.get());
  EXPECT_EQ(calls, 1);
  std::shared_ptr<std::byte> meanwhile = device().allocate(100, "x");
  meanwhile.reset();
  std::unique_ptr<Mark> mark = device().make_mark();
  mark->set(other.get());
  mark->wait();
  EXPECT_NE(device().end_recording(stream()), nullptr) << "none of this disturbs the recording";
}

TEST_P(DeviceThreads, what_cannot_be_while_recording_is_an_error) {
  EXPECT_EQ(error_of([&] { device().end_recording(stream()); }), ErrorId::device);
  device().begin_recording(stream());
  EXPECT_EQ(error_of([&] { device().begin_recording(stream()); }), ErrorId::device);
  EXPECT_EQ(error_of([&] { device().synchronize(stream()); }), ErrorId::device);
  try {
    device().end_recording(stream());
  } catch (const Error&) {  // a device may give up what was recorded, never the stream
  }
  int calls = 0;
  device().call_host(count_up, &calls, stream());
  device().synchronize(stream());
  EXPECT_EQ(calls, 1);
}

TEST_P(DeviceThreads, a_recording_that_fails_in_the_making_leaves_the_stream_usable) {
  EXPECT_EQ(error_of([&] {
              record(device(), stream(), [&] {
                device().fill(nullptr, 0, 0, stream());
                fail(ErrorId::unsupported, "not this one");
              });
            }),
            ErrorId::unsupported);
  EXPECT_FALSE(device().is_recording(stream()));
  EXPECT_EQ(read(memory_with(pattern(9, 1)).get(), 9), pattern(9, 1));
}

TEST_P(DeviceThreads, freed_memory_waits_for_the_work_on_it) {
  Gate gate;
  std::shared_ptr<std::byte> x = memory_with(pattern(1 << 16, 4)), y = device().allocate_host(1 << 16, "y");
  device().call_host(Gate::call, &gate, stream());
  device().copy(y.get(), x.get(), 1 << 16, stream());
  EXPECT_TRUE(gate.was_opened()) << "nothing before the freeing has waited";
  gate.open_soon();
  x.reset();
  Bytes expected = pattern(1 << 16, 4);
  EXPECT_EQ(std::memcmp(y.get(), expected.data(), expected.size()), 0) << "the copy had ended when the memory went";
}

// Copies and kernels do not; host functions of all streams may share one thread.
TEST_P(DeviceThreads, streams_do_not_wait_for_each_other) {
  Gate gate;
  std::shared_ptr<void> other = device().make_stream();
  std::shared_ptr<std::byte> x = device().allocate(5, "x"), y = device().allocate_host(5, "y");
  int held = 0;
  device().call_host(Gate::call, &gate, stream());
  device().call_host(count_up, &held, stream());
  device().fill(x.get(), 3, 5, other.get());
  device().copy(y.get(), x.get(), 5, other.get());
  device().synchronize(other.get());
  EXPECT_EQ(std::count(y.get(), y.get() + 5, std::byte{3}), 5);
  gate.open();
  device().synchronize(stream());
  EXPECT_EQ(held, 1);
  EXPECT_TRUE(gate.was_opened()) << "the second stream waited for the first";
}

TEST_P(DeviceThreads, a_mark_waits_for_what_was_before_it) {
  Gate gate;
  int calls = 0;
  std::unique_ptr<Mark> mark = device().make_mark();
  mark->wait();
  device().call_host(count_up, &calls, stream());
  mark->set(stream());
  device().call_host(Gate::call, &gate, stream());
  mark->wait();
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(gate.was_opened()) << "it waited for what came after";
  device().call_host(count_up, &calls, stream());
  mark->set(stream());
  gate.open();
  mark->wait();
  EXPECT_EQ(calls, 2) << "set again, it stands for the later point";
}

TEST_P(DeviceThreads, a_mark_outlives_its_stream) {
  int calls = 0;
  std::unique_ptr<Mark> mark = device().make_mark();
  {
    std::shared_ptr<void> gone = device().make_stream();
    device().call_host(count_up, &calls, gone.get());
    mark->set(gone.get());
  }
  mark->wait();
  EXPECT_EQ(calls, 1);
}

TEST_P(DeviceThreads, two_threads_use_two_streams) {
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      std::shared_ptr<void> mine = device().make_stream();
      for (int i = 0; i < 50; ++i) {
        Bytes x = pattern(3000, t * 50 + i), y(3000);
        std::shared_ptr<std::byte> there = device().allocate(3000, "x");
        auto both = record(device(), mine.get(), [&] {
          device().copy(there.get(), x.data(), 3000, mine.get());
          device().copy(y.data(), there.get(), 3000, mine.get());
        });
        both->launch(mine.get());
        device().synchronize(mine.get());
        right += x == y;
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(right, 100);
}

TEST_P(DeviceThreads, the_null_stream_is_a_stream) {
  int calls = 0;
  EXPECT_FALSE(device().is_recording(nullptr));
  device().call_host(count_up, &calls, nullptr);
  std::shared_ptr<std::byte> x = device().allocate(5, "x");
  Bytes back(5);
  device().fill(x.get(), 6, 5, nullptr);
  device().copy(back.data(), x.get(), 5, nullptr);
  device().synchronize(nullptr);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(back, Bytes(5, 6));
}

TEST_P(DeviceThreads, too_much_memory_is_an_error_with_its_name) {
  constexpr int64_t too_much = int64_t(1) << 60;
  EXPECT_EQ(error_of([&] { device().allocate(too_much, "dreams"); }), ErrorId::out_of_memory);
  EXPECT_EQ(error_of([&] { device().allocate_host(too_much, "dreams"); }), ErrorId::out_of_memory);
  try {
    device().allocate(too_much, "dreams");
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("dreams"), std::string::npos) << e.what();
  }
  EXPECT_EQ(read(memory_with(pattern(9, 1)).get(), 9), pattern(9, 1)) << "and there is memory as before";
}

INSTANTIATE_TEST_SUITE_P(Of, DeviceThreads, testing::ValuesIn(devices()), [](const auto& p) { return p.param; });

}  // namespace
}  // namespace tenon
