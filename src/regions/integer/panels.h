// Weights of a product packed for the kernel that this machine runs.
#pragma once
#include <cstring>
#include <span>

#include "kernels/cpu/byte_product.h"
#include "regions/integer/match.h"

namespace tenon {

enum class ByteKernel { words, bytes, tiles };  // widened to 16 bits; VNNI; AMX
std::span<const ByteKernel> byte_kernels();     // of this machine, as isa() is limited
double speedup(ByteKernel kernel);              // multiply-adds in the time of one of f32

// Rows as the kernel reads them: some taps each, or one that is gathered.
struct ByteRows {
  const void** rows;
  int64_t count, taps, inner;
};

class BytePanels {
 public:
  BytePanels(const Integers& region, ByteKernel kernel, const Target& target);

  bool is_tiles() const { return kernel_ == ByteKernel::tiles; }
  int64_t element_bytes() const { return kernel_ == ByteKernel::words ? 2 : 1; }
  int64_t inner() const { return inner_; }  // of a gathered row: rounded up
  int64_t width() const { return width_; }  // columns of a panel
  int64_t count() const { return count_; }
  int64_t bytes() const { return packed_->bytes(); }
  int64_t row_step() const { return is_tiles() ? 32 : 6; }  // rows that a kernel takes at once
  // Taps of so many elements can be read where they lie.
  bool takes(int64_t elements) const { return kernel_ == ByteKernel::bytes && elements % byte_group == 0; }
  bool takes_dense(int64_t elements) const { return is_tiles() ? elements == inner_ : takes(elements); }
  // Elements as the kernel reads them.
  void gather(const std::byte* from, int64_t count, std::byte* to) const {
    if (kernel_ == ByteKernel::words || count < 8 || count > 64) return gather_any(from, count, to);
    if (count < 16) {
      std::memcpy(to, from, 8);
      std::memcpy(to + count - 8, from + count - 8, 8);
      return;
    }
    for (int64_t i = 0; i + 16 < count; i += 16) std::memcpy(to + i, from + i, 16);
    std::memcpy(to + count - 16, from + count - 16, 16);  // may overlap what is there
  }
  void clear(std::byte* from, std::byte* to) const;  // those behind the last count as 0

  // What each row adds to its sums for weights that are packed shifted; null for none.
  int32_t* row_start(const ByteRows& rows, int32_t* to) const;
  void multiply(const ByteRows& rows, const int32_t* row_start, int64_t panel, int32_t* to) const;

 private:
  void gather_any(const std::byte* from, int64_t count, std::byte* to) const;
  void pack(const std::vector<int32_t>& w, const Target& target);

  ByteKernel kernel_;
  bool is_signed_, flips_;
  int64_t columns_, used_ = 0, inner_ = 0, group_ = 0, width_ = 0, count_ = 0;
  int32_t shift_ = 0;  // packed weights are smaller by it
  Weights packed_;
  std::vector<int32_t> start_;
};

}  // namespace tenon
