// Elements moved as they are, one thread each: where one comes from and goes to follows from its position and from
// indices. Kernels know sizes, not types; a row that allows it is moved in elements of up to 16 bytes.
#pragma once
#include "base/extents.h"
#include "kernels/cuda/text.h"

namespace tenon::cuda {

struct MoveArguments {
  long long count = 0;  // positions
  long long rank = 0;
  long long extent[Extents::max_rank] = {};
  long long from[Extents::max_rank] = {}, to[Extents::max_rank] = {};  // steps along each axis, in elements
  // Looked up: `depth` indices, side by side from steps `index` on. Index k moves the source by step[k]; one below 0
  // counts from the end of range[k]. The element reach[k] further on has to be in range, too.
  long long index[Extents::max_rank] = {};
  long long depth = 0, range[Extents::max_rank] = {}, step[Extents::max_rank] = {}, reach[Extents::max_rank] = {};
};

// Of elements with `bytes` each; axes are merged where memory allows it. `index`: steps of the indices, or null.
MoveArguments move_arguments(const Extents& extents, const Extents& from, const Extents& to,
                             const Extents* index = nullptr);
// The same in wider elements, as far as rows and the alignment of `from` and `to` allow it; returns how wide.
int widen(MoveArguments& a, int64_t bytes, const void* from, const void* to);

// Kernels `move4_32(MoveArguments, from, to)` for elements of 1 to 16 bytes and positions counted in 32 or 64 bits.
std::string move_source();
// Kernels `gather4_32(MoveArguments, from, indices, fault, to)`: an index that is out of range is written to `fault`
// (select/index_faults.h) if there is one, and 0 takes the element's place; `clamped`: it is moved into its range.
std::string gather_source(ElementType index, bool clamped = false);
std::string move_name(const char* kernel, int bytes, int64_t count);  // "move4_32"

}  // namespace tenon::cuda
