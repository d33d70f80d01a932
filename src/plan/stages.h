// A graph in stages: each needs no extent and no contents but those that its inputs, and the stages before, tell.
#pragma once
#include "ir/graph.h"

namespace tenon {

struct Source {
  int stage;  // -1: the graph's own inputs
  int index;  // of an input, or among the stage's outputs
};

struct StageGraph {
  Graph graph;
  std::vector<Source> inputs;  // what its inputs are, in their order
  struct Contents {
    int output;  // whose elements bind symbols for the stages behind
    Shape symbols;
  };
  std::vector<Contents> contents;
};

struct Stages {
  std::vector<StageGraph> list;
  std::vector<Source> outputs;  // of the whole graph
};

// The first stage has all of the graph's inputs. A graph without late nodes is its own only stage.
Stages split_into_stages(Graph graph);

}  // namespace tenon
