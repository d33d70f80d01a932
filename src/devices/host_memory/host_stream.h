// A stream of the host-memory device: work in order, on a thread of its own, or noted while a recording is made.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

namespace tenon {

struct CopyWork {
  void* to;
  const void* from;
  int64_t bytes;
};
struct FillWork {
  void* to;
  uint8_t byte;
  int64_t bytes;
};
struct CallWork {
  void (*function)(void*);
  void* argument;
  std::shared_ptr<void> owner;  // of the argument, if the stream shall keep it
};
struct RecordedWork;
using Work = std::variant<CopyWork, FillWork, CallWork, std::shared_ptr<const RecordedWork>>;
struct RecordedWork {
  std::vector<Work> work;
};

class HostStream {
 public:
  HostStream();
  ~HostStream();  // when all is done
  HostStream(const HostStream&) = delete;

  void push(Work work);
  void wait() const;    // for what was pushed until now
  void rethrow();       // the first exception since it was last asked
  bool is_own() const;  // asked on the stream's own thread

  bool is_recording() const;
  void begin_recording();
  std::shared_ptr<const RecordedWork> end_recording();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon
