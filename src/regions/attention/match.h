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

// Null, or why `root` ends no attention; "": it does not end with the product of a softmax at all.
const char* match_attention(const Node& root, Reach reach, Attention& found);

}  // namespace tenon
