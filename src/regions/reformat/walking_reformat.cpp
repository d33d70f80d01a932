#include "regions/reformat/walking_reformat.h"

#include <cstring>

#include "base/dispatch.h"

namespace tenon {

namespace {

// The reference: walks the logical positions of every image.
class WalkingReformat final : public Kernel {
 public:
  WalkingReformat(Format from, Format to) : from_(from), to_(to) {}

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    std::memset(y.data, 0, size_t(stored_bytes(y.extents, to_)));  // the padding of blocks
    std::array<Extents, 2> strides{strides_in(x.extents, from_.layout), strides_in(x.extents, to_.layout)};
    Walk<2> walk(x.extents, strides);
    int64_t count = x.count();
    dispatch(from_.element, [&]<class From>() {
      dispatch(to_.element, [&]<class To>() {
        for (int64_t i = 0; i < count; ++i, walk.next()) {
          From value = x.as<From>()[walk.offset(0) + block_offset(walk, x.extents, from_.layout)];
          int64_t at = walk.offset(1) + block_offset(walk, x.extents, to_.layout);
          if constexpr (std::is_same_v<From, To>) y.as<To>()[at] = value;
          else if constexpr (is_float<From> && is_float<To>) y.as<To>()[at] = To(float(value));
        }
      });
    });
  }

 private:
  // Strides of the logical axes; for c16 the channel's is left to block_offset.
  static Extents strides_in(const Extents& logical, Layout layout) {
    Extents stored = strides_of(stored_extents(logical, layout));
    if (layout == Layout::plain) return stored;
    Extents strides = logical;
    strides[0] = stored[0];
    strides[1] = layout == Layout::nhwc ? 1 : 0;
    for (int d = 2; d < logical.rank; ++d) strides[d] = stored[layout == Layout::nhwc ? d - 1 : d];
    return strides;
  }
  static int64_t block_offset(const Walk<2>& walk, const Extents& logical, Layout layout) {
    if (layout != Layout::c16) return 0;
    int64_t plane = logical.count_between(2, logical.rank);
    return walk.at(1) / 16 * plane * 16 + walk.at(1) % 16;
  }
  Format from_, to_;
};

}  // namespace

std::unique_ptr<Kernel> walking_reformat(Format from, Format to) { return std::make_unique<WalkingReformat>(from, to); }

}  // namespace tenon
