// Program: the plans of a graph's stages, and how they hang together.
#pragma once
#include "plan/plan.h"
#include "plan/stages.h"

namespace tenon {

struct Program {
  struct Stage {
    std::shared_ptr<const Plan> plan;
    std::vector<Source> inputs;
    std::vector<StageGraph::Contents> contents;
    std::vector<std::string> symbols;  // of the plan: what it may have to be told
  };
  std::vector<Stage> stages;
  struct Output {
    std::string name;
    TensorType type;
    Source from;
  };
  std::vector<Output> outputs;
  Profile profile;  // that it serves; plans may be shared with programs that serve others

  const std::vector<Bound>& inputs() const { return stages.front().plan->inputs; }
};

}  // namespace tenon
