// conv(cast(x) - zero point, w, b) and matmul likewise, x of bytes, w and b of whole numbers: which nodes they are.
#pragma once
#include "regions/epilogue/epilogue.h"

namespace tenon {

struct Integers {
  const Value* x = nullptr;               // of u8 or i8
  int32_t zero = 0;                       // its zero point
  std::vector<const Node*> before, tail;  // producers first: from x to the anchor; from there to the root
  const Node* anchor = nullptr;
  int32_t least = 0, most = 0;  // weights
  int64_t columns = 0;
  bool depthwise = false;
  Region region;

  // What the kernels pack: [inner][columns], of a convolution [tap][channel of x][output]; and the bias of each column.
  std::vector<int32_t> weights() const;
  std::vector<int32_t> bias() const;
};

bool is_integer_anchor(const Node& node);  // a convolution or product of what is cast from bytes, maybe

// Null, or why the region of `epilogue` is no such arithmetic.
const char* match_integers(const Epilogue& epilogue, Integers& found);

}  // namespace tenon
