// Weights of a recurrent layer as its kernel reads them: panels for products, with the gates of a vector of hidden
// units side by side, so that what one step needs of them lies in one place.
#pragma once
#include "kernels/cpu/panel_product.h"
#include "ops/recurrence/recurrence.h"

namespace tenon {

struct RecurrenceSource {  // as operands have them, of all directions; bias and peepholes may be null
  const float *w, *r, *bias, *peepholes;
};

// Where they are, in floats from a direction's first.
class RecurrencePack {
 public:
  struct Part {  // a matrix and what its sums start from
    int64_t gates = 0, panels = 0, inner = 0, matrix = 0, start = 0;
    int64_t columns = 0;  // floats of a row of sums
  };
  RecurrencePack(const Recurrence& op, const RecurrenceExtents& e, int64_t lanes);
  void pack(const RecurrenceExtents& e, const RecurrenceSource& from, float* to) const;  // all directions

  int64_t lanes, vectors;    // of hidden units
  Part input, state, reset;  // reset: the last gate of a GRU whose state is reset before the product; else no gates
  int64_t peepholes = 0, size = 0;

 private:
  Part part(int64_t gates, int64_t inner);
  void pack_part(const Part& p, const RecurrenceExtents& e, int64_t first_gate, const float* matrix, const float* bias,
                 float* to) const;
};

}  // namespace tenon
