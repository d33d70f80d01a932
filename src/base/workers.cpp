#include "base/workers.h"

#include <sched.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cstdio>

// TENON_TSAN: this file alone is not instrumented (cmake/compiler.cmake), since half of TBB is templates in it and the
// other half a library that the thread sanitizer cannot see into; it is told what TBB promises.
#if defined(TENON_TSAN)
extern "C" void AnnotateHappensBefore(const char*, int, const volatile void*);
extern "C" void AnnotateHappensAfter(const char*, int, const volatile void*);
#define TENON_HAPPENS_BEFORE(address) AnnotateHappensBefore(__FILE__, __LINE__, address)
#define TENON_HAPPENS_AFTER(address) AnnotateHappensAfter(__FILE__, __LINE__, address)
#else
#define TENON_HAPPENS_BEFORE(address)
#define TENON_HAPPENS_AFTER(address)
#endif

namespace tenon {

struct Workers::Arena {
  tbb::task_arena tbb;
};

// cgroup v2 `cpu.max` is "quota period" in microseconds, or "max period".
static int cgroup_cores() {
  std::FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "re");
  if (!file) return 1 << 16;
  long long quota = 0, period = 0;
  int read = std::fscanf(file, "%lld %lld", &quota, &period);
  std::fclose(file);
  return read == 2 && quota > 0 && period > 0 ? int(std::max<long long>(1, (quota + period - 1) / period)) : 1 << 16;
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int mine = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return std::max(1, std::min(mine, cgroup_cores()));
}

Workers::Workers(int threads) : threads_(threads > 0 ? threads : usable_cores()) {
  if (threads_ > 1) arena_ = std::make_unique<Arena>(Arena{tbb::task_arena(threads_)});
}

Workers::~Workers() = default;

static thread_local int slot_of_thread = 0;

int Workers::slot() { return slot_of_thread; }

namespace {

// Which slot this thread is in while it runs tasks; a task that runs tasks of its own finds its slot unchanged.
class InSlot {
 public:
  explicit InSlot(int slot) : before_(slot_of_thread) { slot_of_thread = slot; }
  ~InSlot() { slot_of_thread = before_; }

 private:
  int before_;
};

// What a task wrote, be it an exception, is seen by whom `sign` is shown.
struct Finished {
  const char* sign;
  ~Finished() { TENON_HAPPENS_BEFORE(sign); }
};

struct AllFinished {
  const char* sign;
  ~AllFinished() { TENON_HAPPENS_AFTER(sign); }
};

}  // namespace

void Workers::run(int64_t count, FunctionRef<void(int64_t)> task) {
  if (count <= 0) return;
  if (count == 1 || !arena_) {
    InSlot first(0);
    for (int64_t i = 0; i < count; ++i) task(i);
    return;
  }
  char started = 0, finished = 0;
  TENON_HAPPENS_BEFORE(&started);
  AllFinished all{&finished};
  // Static: part i of one step runs where part i of the step before ran, whose results are still in that core's cache.
  arena_->tbb.execute([&] {
    tbb::parallel_for(
        int64_t(0), count,
        [&](int64_t i) {
          TENON_HAPPENS_AFTER(&started);
          InSlot mine(tbb::this_task_arena::current_thread_index());
          Finished one{&finished};
          task(i);
        },
        tbb::static_partitioner());
  });
  (void)started;
}

}  // namespace tenon
