// Depthwise convolutions of bytes, row by row.
#include <algorithm>
#include <cstring>

#include "kernels/cpu/byte_depthwise.h"
#include "kernels/cpu/isa.h"
#include "ops/conv/conv.h"
#include "regions/integer/product.h"

namespace tenon {

namespace {

class IntegerDepthwise final : public Kernel {
 public:
  IntegerDepthwise(const Integers& region, const Offer& offer)
      : tail_(region, offer),
        conv_(*as<Conv>(*region.anchor)),
        is_signed_(region.x->element() == ElementType::i8),
        zero_(region.zero),
        channels_(region.columns),
        weights_(region.weights()),
        start_(region.bias()) {
    const Shape& w = region.anchor->input(1).shape();
    window_ = {w[2].value(), w[3].value()};
    for (size_t i = 0; i < weights_.size(); ++i) {
      int32_t& sum = start_[i % start_.size()];
      sum = int32_t(uint32_t(sum) - uint32_t(zero_) * uint32_t(weights_[i]));
      weights_[i] &= 0xffff;
    }
  }

  int64_t scratch_bytes(ConstViews in, Views out) const override {  // a row of padding; rows of sums, one a task
    return checked_add(padding_bytes(in[0].extents), checked_mul(tasks(out[0].extents), row_bytes(out[0].extents)));
  }

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    if (y.count() == 0) return;
    Slide height = conv_.slide(0, x[2], window_[0]), width = conv_.slide(1, x[3], window_[1]);
    int64_t parts = parts_of(y.extents), step = (y[2] + parts - 1) / parts;
    auto* run_row =
        has_vnni() ? depthwise_bytes_vnni : by_isa(depthwise_bytes<4>, depthwise_bytes<8>, depthwise_bytes<16>);
    std::memset(call.scratch, zero_, size_t(x[3] * channels_));
    call.workers.run(tasks(y.extents), [&](int64_t task) {
      int64_t image = task / parts, first = task % parts * step;
      std::byte* own = call.scratch + padding_bytes(x.extents) + task * row_bytes(y.extents);
      auto* sums = reinterpret_cast<int32_t*>(own);
      std::array<const std::byte*, most_taps> rows;
      for (int64_t o = first; o < std::min(y[2], first + step); ++o) {
        for (int64_t k = 0; k < window_[0]; ++k) {
          int64_t at = height.source(o, k);
          bool inside = at >= 0 && at < x[2];
          rows[size_t(k)] = inside ? x.as<std::byte>() + (image * x[2] + at) * x[3] * channels_ : call.scratch;
        }
        run_row({rows.data(), is_signed_, zero_, weights_.data(), start_.data(), sums, channels_, window_[0],
                 window_[1], x[3], y[3], width.stride, width.dilation, width.pad_begin});
        tail_.finish(call, {sums, channels_, (image * y[2] + o) * y[3], y[3], 0, channels_},
                     own + sums_bytes(y.extents));
      }
    });
  }

  static constexpr size_t most_taps = 32;

 private:
  int64_t parts_of(const Extents& y) const { return std::clamp<int64_t>(y[2], 1, 8); }
  int64_t padding_bytes(const Extents& x) const { return align_up(checked_mul(x[3], channels_), 64); }
  int64_t tasks(const Extents& y) const { return checked_mul(y[0], parts_of(y)); }
  int64_t sums_bytes(const Extents& y) const {
    return align_up(checked_mul(checked_mul(y[3], channels_), int64_t(sizeof(int32_t))), 64);
  }
  int64_t row_bytes(const Extents& y) const { return checked_add(sums_bytes(y), tail_.scratch_bytes(y[3], channels_)); }

  IntegerTail tail_;
  Conv conv_;
  bool is_signed_;
  int32_t zero_;
  int64_t channels_;
  Extents window_;
  std::vector<int32_t> weights_, start_;
};

}  // namespace

std::unique_ptr<Kernel> prepare_integer_depthwise(const Integers& region, const Offer& offer, const Target&) {
  return std::make_unique<IntegerDepthwise>(region, offer);
}

}  // namespace tenon
