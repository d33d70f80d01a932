// ProgramContext: the memory and shapes of one caller of a program. Its stages run in turn, each told what those before
// it found out.
#pragma once
#include "plan/program.h"
#include "runtime/context.h"

namespace tenon {

class ProgramContext {
 public:
  ProgramContext(std::shared_ptr<const Program> program, int threads);

  void set_shapes(std::span<const Extents> inputs);
  // Nothing where a run finds them out. Such an output is given no address, others may be; `result` shows them.
  std::optional<Extents> output_extents(int i) const;
  ConstView result(int i) const;  // as the last run left it; until the next one

  // As ExecutionContext does; where there are several stages, enqueue returns when all is done.
  void run(std::span<const void* const> inputs, std::span<void* const> outputs);
  void enqueue(std::span<const void* const> inputs, std::span<void* const> outputs, void* stream);

  bool has_device() const { return contexts_.front()->has_device(); }
  void set_profiling(bool on);
  std::vector<double> step_ms() const;  // of all stages' steps in their order
  int64_t arena_bytes() const;

 private:
  struct Memory {
    std::shared_ptr<std::byte> data;
    int64_t bytes = 0;
  };
  void run_stage(int s, std::span<const void* const> inputs, std::span<void* const> outputs);
  void learn(int s);
  void check_outputs(std::span<void* const> outputs) const;
  void finish(std::span<void* const> outputs);

  std::shared_ptr<const Program> program_;
  bool direct_;  // one stage, and no extent is late
  std::vector<std::unique_ptr<ExecutionContext>> contexts_;
  std::vector<Extents> inputs_;
  Binding early_, known_;                       // what the inputs tell; and what the stages that ran told
  std::vector<std::vector<ConstView>> values_;  // what the stages made
  std::vector<std::vector<Memory>> memory_;
};

}  // namespace tenon
