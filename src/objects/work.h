// Work: what a context's runs need while they are on a stream. It outlives the context that enqueued them.
#pragma once
#include <exception>
#include <mutex>

#include "objects/engine.h"
#include "objects/program_runtime.h"
#include "runtime/program_context.h"

namespace tenon::objects {

void check_runtime(int status, const char* call);
bool is_open(const Dims& dims);

struct Work;

// One run.
struct Job {
  Work* work;
  std::shared_ptr<Work> keep;  // until it has run; a captured job belongs to its Work instead
  InputShapes shapes;
  std::vector<std::shared_ptr<const std::string>> held;  // values of inputs that the program has no address for
  std::vector<const void*> in;
  std::vector<void*> out;  // null where the run finds the extents out
  std::vector<size_t> in_bytes, out_bytes;
  std::shared_ptr<std::exception_ptr> failure;  // for a caller who waits; null: it is reported
};

struct Work : std::enable_shared_from_this<Work> {
  std::recursive_mutex
      mutex;  // one at a time: the program asks for shapes while earlier work runs, and when it is told
  ProgramContext context;
  Object reporter;

  Work(const Engine& engine, int32_t profile);
  void run(const Job& job);
  // Waits for the stream and runs at once.
  void run_now(Job& job, const ProgramRuntime& runtime, void* stream);
  void enqueue(std::unique_ptr<Job> job, const ProgramRuntime& runtime, void* stream);
  std::optional<Extents> output(int i, const InputShapes& shapes);
  static void copy_out(void* to, const void* from, size_t bytes, const ProgramRuntime& runtime, void* stream);

 private:
  struct CopyBack {
    void *to, *from;
    size_t bytes;
  };
  static void on_stream(void* argument);
  void* stage(size_t port, size_t bytes, const ProgramRuntime& runtime);
  std::vector<CopyBack> stage_all(Job& job, const ProgramRuntime& runtime, void* stream);

  std::vector<std::unique_ptr<Job>> captured_;    // a program's graph runs them again and again
  std::vector<std::shared_ptr<void>> all_pages_;  // page-locked; earlier work may still use old ones
  std::vector<std::pair<void*, size_t>> pages_;   // by input and output: what stands in for a device's memory
};

}  // namespace tenon::objects
