// ProgramContext: the memory and shapes of one caller of a program. Its stages run in turn, each told what those before
// it found out.
#pragma once
#include <utility>

#include "plan/program.h"
#include "runtime/context.h"

namespace tenon {

class ProgramContext {
 public:
  ProgramContext(std::shared_ptr<const Program> program, int threads);

  // `given`: symbols that inputs' values tell, not their extents.
  void set_shapes(std::span<const Extents> inputs, const Binding& given = {});
  // Nothing where a run finds them out. Such an output is given no address, others may be; `result` shows them.
  std::optional<Extents> output_extents(int i) const;
  ConstView result(int i) const;  // as the last run left it; until the next one

  // As ExecutionContext does; where there are several stages, enqueue returns when all is done.
  void run(std::span<const void* const> inputs, std::span<void* const> outputs);
  void enqueue(std::span<const void* const> inputs, std::span<void* const> outputs, void* stream);

  bool has_device() const { return stages_.front().context->has_device(); }
  void set_profiling(bool on);
  std::vector<double> step_ms() const;  // of all stages' steps in their order
  int64_t arena_bytes() const;

 private:
  struct Memory {
    std::shared_ptr<std::byte> data;
    int64_t bytes = 0;
  };
  // A symbol of any stage, and its number if the run that goes on knows it.
  struct Told {
    int64_t number = 0;
    bool now = false;
    void tell(int64_t n) {
      if (!std::exchange(now, true)) number = n;
    }
  };
  struct Stage {
    struct Extent {  // an axis of a result whose extent is a symbol
      int output, axis;
      Told* told;
    };
    struct Element {  // of a result whose elements are symbols
      int output, element;
      Told* told;
    };
    std::unique_ptr<ExecutionContext> context;
    std::vector<std::pair<std::string, const Told*>> asks;  // symbols that its inputs' extents do not tell
    std::vector<Extent> extents_tell;
    std::vector<Element> elements_tell;
    std::vector<ConstView> values;  // what it made
    std::vector<Memory> memory;     // where, if the caller has no address for it
    // Of the run, kept so that the next one allocates nothing.
    Binding given;
    std::vector<Extents> extents;
    std::vector<const void*> in;
    std::vector<void*> out;
  };
  void prepare(Stage& stage, const Program::Stage& of);
  void run_stage(int s, std::span<const void* const> inputs);
  void* place_of(int s, int output);
  void learn(Stage& stage);
  void choose_targets(std::span<const void* const> inputs, std::span<void* const> outputs);
  void finish(std::span<void* const> outputs);

  std::shared_ptr<const Program> program_;
  std::vector<Stage> stages_;
  bool direct_;         // one stage, and no extent is late
  bool bound_ = false;  // what the inputs tell is that of inputs_
  std::vector<Extents> inputs_;
  std::vector<std::optional<Extents>> outputs_;  // where the inputs tell them
  Binding given_, early_;                        // what inputs' values tell, and all that is known before the run
  std::map<std::string, Told> told_;             // that, and what the stages which ran tell
  std::vector<void*> targets_;                   // by output: where the run may write it; null: into memory of ours
};

}  // namespace tenon
