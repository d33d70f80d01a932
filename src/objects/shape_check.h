// Assertions that the inputs' shapes alone decide: looked at before a run is enqueued, so that the call says so.
#pragma once
#include "ir/graph.h"

namespace tenon::objects {

class ShapeCheck {
 public:
  explicit ShapeCheck(const Graph& graph);
  // `told`: symbols that the inputs' values tell.
  void run(const std::vector<Extents>& inputs,
           const Binding& told) const;  // refuses with the message of one that fails

 private:
  std::vector<const tenon::Node*> inputs_;  // of the graph
  std::vector<const tenon::Node*> nodes_;   // assertions and what their conditions are made of, producers first
};

}  // namespace tenon::objects
