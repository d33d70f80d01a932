// How large an extent that a run finds out can become, by what its operator is.
#pragma once
#include <optional>

#include "ir/graph.h"

namespace tenon::objects {

class LateBounds {
 public:
  explicit LateBounds(const Graph& graph);
  // `known`: the symbols that the inputs tell. Nothing where no operator sets a bound.
  std::optional<int64_t> most(const Shape& shape, const Binding& known) const;

 private:
  std::vector<const tenon::Node*> nodes_;  // those that bound symbols, producers first
};

}  // namespace tenon::objects
