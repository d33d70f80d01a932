#include "devices/host_memory/host_memory.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>

#include "devices/host_memory/host_stream.h"

namespace tenon {

namespace {

class HostRecording final : public Recording {
 public:
  HostRecording(HostMemoryDevice& device, std::shared_ptr<const RecordedWork> work)
      : device_(device), work_(std::move(work)) {}
  void launch(Stream stream) override {
    device_.at(stream)->push(work_);
    device_.count_launch();
  }

 private:
  HostMemoryDevice& device_;
  std::shared_ptr<const RecordedWork> work_;
};

class HostMark final : public Mark {
 public:
  explicit HostMark(const HostMemoryDevice& device) : device_(device) {}
  void set(Stream stream) override {
    std::shared_ptr<HostStream> at = device_.at(stream);
    check(!at->is_recording(), ErrorId::device, "a mark on a stream that is being recorded would never be reached");
    {
      std::scoped_lock lock(state_->mutex);
      ++state_->set;
    }
    at->push(CallWork{reach, state_.get(), state_});
  }
  void wait() override {
    std::unique_lock lock(state_->mutex);
    int64_t all = state_->set;
    state_->change.wait(lock, [&] { return state_->reached >= all; });
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable change;
    int64_t set = 0, reached = 0;
  };
  static void reach(void* argument) {
    auto* state = static_cast<State*>(argument);
    std::scoped_lock lock(state->mutex);
    ++state->reached;
    state->change.notify_all();
  }
  const HostMemoryDevice& device_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

using Time = std::chrono::steady_clock::time_point;
void stamp(void* time) { *static_cast<Time*>(time) = std::chrono::steady_clock::now(); }

}  // namespace

HostMemoryDevice::HostMemoryDevice(int64_t memory_bytes) : memory_(memory_bytes) {
  streams_.push_back(std::make_shared<HostStream>());
}

HostMemoryDevice::~HostMemoryDevice() = default;

DevicePeaks HostMemoryDevice::peaks() const {
  return {.f32_gflops = 100, .f16_gflops = 100, .memory_gbytes = 20, .link_gbytes = 10, .launch_ms = 0.002};
}

std::shared_ptr<HostStream> HostMemoryDevice::at(Stream stream) const {
  std::scoped_lock lock(mutex_);
  if (!stream) return streams_[0];
  auto it = std::find_if(streams_.begin(), streams_.end(), [&](const auto& s) { return s.get() == stream; });
  check(it != streams_.end(), ErrorId::device, "this is no stream of the device, or no longer");
  return *it;
}

// A host function that frees memory cannot wait for itself.
void HostMemoryDevice::wait_for_all() const {
  std::vector<std::shared_ptr<HostStream>> all;
  {
    std::scoped_lock lock(mutex_);
    for (const auto& s : streams_)
      if (!s->is_own()) all.push_back(s);
  }
  for (const auto& s : all) s->wait();
}

std::shared_ptr<std::byte> HostMemoryDevice::give(int64_t bytes, Space space, const char* what) {
  if (bytes == 0) return nullptr;
  return {memory_.allocate(bytes, space, what), [this](std::byte* block) {
            wait_for_all();
            memory_.release(block);
          }};
}

std::shared_ptr<std::byte> HostMemoryDevice::allocate(int64_t bytes, const char* what) {
  return give(bytes, Space::device, what);
}

std::shared_ptr<std::byte> HostMemoryDevice::allocate_host(int64_t bytes, const char* what) {
  return give(bytes, Space::host, what);
}

std::shared_ptr<void> HostMemoryDevice::make_stream() {
  auto made = std::make_shared<HostStream>();
  std::scoped_lock lock(mutex_);
  streams_.push_back(made);
  return {made.get(), [this](void* stream) {
            std::shared_ptr<HostStream> last = at(stream);  // ends outside the lock, when its work is done
            std::scoped_lock lock(mutex_);
            std::erase(streams_, last);
          }};
}

void HostMemoryDevice::synchronize(Stream stream) {
  std::shared_ptr<HostStream> s = at(stream);
  check(!s->is_recording(), ErrorId::device, "a stream that is being recorded cannot be waited for");
  s->wait();
  s->rethrow();
}

std::unique_ptr<Mark> HostMemoryDevice::make_mark() { return std::make_unique<HostMark>(*this); }

void HostMemoryDevice::copy(void* to, const void* from, int64_t bytes, Stream stream) {
  if (bytes == 0 || to == from) return;
  memory_.check_range(to, bytes, "a copy to");
  memory_.check_range(from, bytes, "a copy from");
  at(stream)->push(CopyWork{to, from, bytes});
}

void HostMemoryDevice::fill(void* to, uint8_t byte, int64_t bytes, Stream stream) {
  if (bytes == 0) return;
  memory_.check_range(to, bytes, "a fill of");
  at(stream)->push(FillWork{to, byte, bytes});
}

void HostMemoryDevice::call_host(void (*function)(void*), void* argument, Stream stream) {
  at(stream)->push(CallWork{function, argument, nullptr});
}

void HostMemoryDevice::enqueue(void (*function)(void*), std::shared_ptr<void> argument, Stream stream) {
  void* raw = argument.get();
  at(stream)->push(CallWork{function, raw, std::move(argument)});
}

bool HostMemoryDevice::is_recording(Stream stream) const { return at(stream)->is_recording(); }

void HostMemoryDevice::begin_recording(Stream stream) { at(stream)->begin_recording(); }

std::unique_ptr<Recording> HostMemoryDevice::end_recording(Stream stream) {
  return std::make_unique<HostRecording>(*this, at(stream)->end_recording());
}

double HostMemoryDevice::time_ms(Recording& recording, Stream stream) {
  auto times = std::make_shared<std::array<Time, 2>>();
  enqueue(stamp, {times, &(*times)[0]}, stream);
  recording.launch(stream);
  enqueue(stamp, {times, &(*times)[1]}, stream);
  synchronize(stream);
  return std::chrono::duration<double, std::milli>((*times)[1] - (*times)[0]).count();
}

}  // namespace tenon
