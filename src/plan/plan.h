// Plan: steps over slots, one slot per value and format. What a cover becomes when kernels are prepared.
#pragma once
#include <array>

#include "ir/tensor.h"
#include "select/cover.h"
#include "select/profile.h"

namespace tenon {

struct Slot {
  // Planned by us; the plan's own weights; the caller's; the context's, which grows to what a run finds out.
  enum Place { arena, constant, input, output, late };
  Place place = arena;
  TensorType type;  // nominal, extents symbolic
  Format format;
  std::string name;
  Weights weights;          // of a constant
  int binding = -1;         // index among the plan's inputs or outputs
  int first = 0, last = 0;  // steps between which it is alive
  int home = -1;            // the slot whose memory this one takes over in place; itself if none
  int over = -1;            // of an output: the input over which its step may write it
};

struct Step {
  std::string kernel;   // "reference"
  std::string origins;  // names of the ONNX nodes it computes
  std::unique_ptr<Kernel> run;
  std::vector<int> in, out;
  int in_place = -1;          // index into `in`, or -1
  Space space = Space::host;  // where it runs, and where its scratch lies
};

struct Bound {
  std::string name;
  TensorType type;
  int slot;
};

// A node whose operands' extents are open, for asking its operator once more when they are known: what inference
// assumed of symbols (that N and M broadcast, that channels agree) may not hold for the numbers bound to them.
struct OpenNode {
  std::unique_ptr<Op> op;
  std::string label;
  std::vector<TensorType> in, out;
  std::vector<std::optional<Contents>> contents;  // of `in`, where known

  void check_at(const Binding& binding) const;
};

struct Plan {
  Profile profile;  // that it was made for
  std::vector<OpenNode> open;
  std::vector<Slot> slots;
  std::vector<Step> steps;
  std::vector<Bound> inputs, outputs;
  int shared_in_place = 0;   // slots saved by writing over an operand
  Device* device = nullptr;  // null: every step and slot is the host's
};

Plan make_plan(const Graph& graph, const Cover& cover, const Target& target);

// Offsets for known extents of all slots; scratch comes behind each step's slots. memory_planner.cpp
struct MemoryMap {
  std::vector<int64_t> slot_offset;      // in the arena of its space; -1 for what lies elsewhere
  std::vector<int64_t> scratch_offset;   // by step
  std::vector<int64_t> thread_scratch;   // by step: where the threads' own parts begin, behind scratch_offset
  std::array<int64_t, 2> arena_bytes{};  // by space
};
MemoryMap plan_memory(const Plan& plan, const std::vector<Extents>& extents, int threads);
void find_life_times(Plan& plan);

}  // namespace tenon
