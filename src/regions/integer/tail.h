// From sums in i32 to the region's result: what follows the anchor, a tile of rows and columns at a time.
#pragma once
#include "kernels/cpu/byte_finish.h"
#include "kernels/cpu/pointwise_program.h"
#include "regions/integer/match.h"

namespace tenon {

// An operand of the tail beside the sums: one number, one for each column, or one for each element.
struct IntegerSide {
  const Value* value;
  std::optional<Scalar> number;
  Weights columns;  // neither: an operand of the kernel, laid out as the result
};

// Null, or why the tail's operands or its arithmetic cannot be had tile by tile.
const char* integer_sides(const Integers& region, std::vector<IntegerSide>& sides);

class IntegerTail {
 public:
  IntegerTail(const Integers& region, const Offer& offer);

  struct Tile {
    const int32_t* sums;  // [rows][step]
    int64_t step, first_row, rows, first_column, columns;
  };
  int64_t scratch_bytes(int64_t rows, int64_t columns) const;
  void finish(const Call& call, const Tile& tile, std::byte* scratch) const;

  int registers() const { return plain_ ? 0 : program_.registers; }
  double element_ns() const { return plain_ ? add_ ? .3 : .15 : .3 + program_.element_ns; }

 private:
  void finish_bytes_of(const Call& call, const Tile& tile, std::byte* scratch) const;
  void finish_program(const Call& call, const Tile& tile, std::byte* scratch) const;

  struct Side {
    int64_t bytes;  // of an element
    Weights columns;
    int operand;  // of the kernel; -1: none
  };
  std::vector<Side> sides_;
  ElementType sum_type_;
  int64_t all_columns_;
  PointwiseProgram program_;
  bool plain_ = false;             // bytes come out by scaling and rounding alone
  std::vector<float> numbers_[4];  // factor, shift, and both by the scale
  ByteFinish finish_{};
  std::optional<ByteAdd> add_;  // and then: to the side
  int side_ = -1;
};

}  // namespace tenon
