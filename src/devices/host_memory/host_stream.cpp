#include "devices/host_memory/host_stream.h"

#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"

namespace tenon {

namespace {

struct Run {
  void operator()(const CopyWork& w) const { std::memmove(w.to, w.from, size_t(w.bytes)); }
  void operator()(const FillWork& w) const { std::memset(w.to, w.byte, size_t(w.bytes)); }
  void operator()(const CallWork& w) const { w.function(w.argument); }
  void operator()(const std::shared_ptr<const RecordedWork>& w) const {
    for (const Work& part : w->work) std::visit(*this, part);
  }
};

std::exception_ptr outcome(const Work& work) {
  try {
    std::visit(Run(), work);
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

}  // namespace

struct HostStream::State {
  std::mutex mutex;
  std::condition_variable wake, done;
  std::vector<Work> waiting, running;  // change places
  int64_t pushed = 0, finished = 0;
  bool ended = false;
  std::exception_ptr error;
  std::optional<std::vector<Work>> noted;  // while a recording is made
  std::thread thread;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return ended || !waiting.empty(); });
      if (waiting.empty()) return;
      running.swap(waiting);
      for (Work& w : running) {
        lock.unlock();
        std::exception_ptr failure = outcome(w);
        w = CopyWork{};  // what it owned goes before anybody hears that it is done
        lock.lock();
        if (!error) error = failure;
        ++finished;
        done.notify_all();
      }
      running.clear();
    }
  }
};

HostStream::HostStream() : state_(std::make_unique<State>()) {
  constexpr size_t usual = 1024;  // up to here pushing allocates nothing
  state_->waiting.reserve(usual), state_->running.reserve(usual);
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

HostStream::~HostStream() {
  {
    std::scoped_lock lock(state_->mutex);
    state_->ended = true;
  }
  state_->wake.notify_one();
  state_->thread.join();
}

void HostStream::push(Work work) {
  std::scoped_lock lock(state_->mutex);
  if (state_->noted) return state_->noted->push_back(std::move(work));
  state_->waiting.push_back(std::move(work));
  ++state_->pushed;
  state_->wake.notify_one();
}

void HostStream::wait() const {
  std::unique_lock lock(state_->mutex);
  int64_t all = state_->pushed;
  state_->done.wait(lock, [&] { return state_->finished >= all; });
}

void HostStream::rethrow() {
  std::scoped_lock lock(state_->mutex);
  if (std::exception_ptr error = std::exchange(state_->error, nullptr)) std::rethrow_exception(error);
}

bool HostStream::is_own() const { return state_->thread.get_id() == std::this_thread::get_id(); }

bool HostStream::is_recording() const {
  std::scoped_lock lock(state_->mutex);
  return state_->noted.has_value();
}

void HostStream::begin_recording() {
  std::scoped_lock lock(state_->mutex);
  check(!state_->noted, ErrorId::device, "the stream is being recorded already");
  state_->noted.emplace();
}

std::shared_ptr<const RecordedWork> HostStream::end_recording() {
  std::scoped_lock lock(state_->mutex);
  check(state_->noted.has_value(), ErrorId::device, "the stream is not being recorded");
  auto recorded = std::make_shared<const RecordedWork>(RecordedWork{std::move(*state_->noted)});
  state_->noted.reset();
  return recorded;
}

}  // namespace tenon
