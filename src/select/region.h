// Region: nodes that one kernel computes together. Its exits are the root's outputs alone, so that regions cannot
// wait for each other in a circle, whatever cover is chosen.
#pragma once
#include "ir/node.h"

namespace tenon {

struct Region {
  std::vector<const Node*> nodes;    // producers first; the last is the root
  std::vector<const Value*> inputs;  // from outside, by first use
  std::vector<const Value*> exits;   // today: the root's outputs

  Region() = default;
  explicit Region(std::vector<const Node*> nodes);
  const Node& root() const { return *nodes.back(); }
  // Canonical: equal work has equal text, wherever it stands. Extents are those at `shape`.
  std::string text(const Binding& shape) const;
};

// The pointwise arithmetic of `nodes` in terms of `inputs`, in their nominal types; nothing if a node has none.
std::optional<Expression> expression_of(std::span<const Node* const> nodes, std::span<const Value* const> inputs);
// Has such arithmetic. Of nodes with values of small types, which expressions do not compute in, `small` says so where
// it is asked for.
bool is_pointwise(const Node& node, std::string* small = nullptr);

}  // namespace tenon
