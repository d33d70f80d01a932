// Updates written to places that indices name. One thread takes all updates that may meet in an element, in their
// order, so that results are the same in every run.
#pragma once
#include "base/extents.h"
#include "kernels/cuda/text.h"

namespace tenon::cuda {

// Lines are positions along `extent`; each holds `length` updates. Steps along the extents and along a line, in
// elements.
struct ScatterArguments {
  long long lines = 0, rank = 0;
  long long extent[Extents::max_rank] = {};
  long long to[Extents::max_rank] = {}, update[Extents::max_rank] = {}, index[Extents::max_rank] = {};
  long long length = 0, update_step = 0, index_step = 0;
  // The `depth` indices of an update lie side by side; index k, counted from the end of range[k] where it is below 0,
  // moves the place by step[k].
  long long depth = 0, range[Extents::max_rank] = {}, step[Extents::max_rank] = {};
};

// Of lines that lie in the result, the updates and the indices by these steps.
ScatterArguments scatter_arguments(const Extents& lines, const Extents& to, const Extents& update,
                                   const Extents& index);

enum class ScatterWay { write, add, mul, max, min };

// Kernel `scatter(ScatterArguments, updates, indices, fault, y)`. Updates whose index is out of range are left out.
std::string scatter_source(ScatterWay way, ElementType stored, ElementType index);

// Rows of an update that go into a cache, `room` rows a block, from each batch's own place on.
struct CacheArguments {
  long long count = 0;                                 // elements of the update
  long long row = 1, length = 1, room = 1, heads = 1;  // heads: blocks a batch
};

// Kernels `cache1(CacheArguments, update, places, fault, y)` to `cache16` for elements of so many bytes. Null places
// are all 0; a batch that does not fit is left out.
std::string cache_source(bool circular, ElementType places);

}  // namespace tenon::cuda
