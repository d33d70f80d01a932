#include "kernels/cpu/attention_body.h"

namespace tenon {

// Queries turned, scores, a mask turned, sums, values: see attention_body.h. Columns are padded to the widest vector.
int64_t attention_scratch(int64_t inner, int64_t columns) {
  int64_t padded = (columns + 15) / 16 * 16;
  return attention_rows * (inner + 2 * attention_keys + padded) + attention_keys * padded;
}

template void attend<4>(const AttentionBlock&);

}  // namespace tenon
