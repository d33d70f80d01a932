// softmax(scores) v as nodes: which they are, and what the scores are made of.
#pragma once
#include "kernels/cpu/attention.h"
#include "select/region.h"

namespace tenon {

// An operand of a product, seen through transpositions before it: axes[i] is the value's axis that is the operand's i.
struct Seen {
  const Value* value = nullptr;
  std::vector<int> axes;
  double factor = 1;
};

struct Attention {
  struct Step {
    ScoreStep::Kind kind;
    double number = 1;
    bool keep = true;
    const Value* operand = nullptr;  // add, select
  };
  Seen q, k, v;
  std::vector<Step> steps;
  double scale = 1;       // of the scores after all steps
  std::vector<int> axes;  // axes[i]: the result's axis that is the product's i
  const Value* scores = nullptr;
  std::vector<const Node*> nodes;  // producers first
};

enum class Reach { core, inputs, all };  // the products and between; with what scales and transposes before; and after

// Null, or why `root` ends no attention in these types; "": it does not end with the product of a softmax at all.
const char* match_attention(const Node& root, Reach reach, ElementSet elements, Attention& found);
// All that end at `root`, by what they take in; `refused`: why there is none, or null.
std::vector<Attention> match_attentions(const Node& root, ElementSet elements, const char*& refused);

// What an attention reads: queries, keys, values, what its steps read; each once.
std::vector<const Value*> operands_of(const Attention& a);

// Extents and steps of a value's axes in another order.
struct Axes {
  Extents extents, steps;
  Axes(const Extents& value, const std::vector<int>& order);
};
// Steps along `batch`, which the leading axes of `a` broadcast to.
Extents along(const Axes& a, const Extents& batch);

}  // namespace tenon
