// Convolutions and products as rows of taps by packed panels: a block of rows a task, panel by panel.
#include <algorithm>
#include <cstring>

#include "kernels/cpu/byte_product.h"
#include "kernels/cpu/isa.h"
#include "ops/conv/conv.h"
#include "regions/integer/product.h"

namespace tenon {

namespace {

constexpr int64_t most_rows = 96, row_step = 6, least_tasks = 16, gathered_bytes = 192 << 10;
constexpr int64_t weights_read_often = 256 << 10;  // more are rather shared out among tasks than read by each

int64_t round_up(int64_t x, int64_t to) { return (x + to - 1) / to * to; }

// Rows of one tap, or windows over up to three axes: where each row of the result finds its taps.
struct Windows {
  std::array<Slide, 3> slides;  // axes that are missing come first and have one tap
  int64_t channels, rows, taps;
  Windows(const Conv* conv, const Extents& x, const Extents& y, const Extents& window)
      : channels(x[x.rank - 1]), rows(x.count_between(0, x.rank - 1)), taps(1) {
    if (!conv) return;
    channels = x[1], rows = y[0] * y.count_between(2, y.rank), taps = window.count();
    for (int i = 0; i < window.rank; ++i) slides[size_t(3 - window.rank + i)] = conv->slide(i, x[i + 2], window[i]);
  }
  // Every row is one tap that lies where the row's number says.
  bool is_dense() const {
    return taps == 1 && std::all_of(slides.begin(), slides.end(), [](const Slide& s) {
             return s.stride == 1 && s.pad_begin == 0 && s.output == s.input;
           });
  }
};

class IntegerProduct final : public Kernel {
 public:
  IntegerProduct(const Integers& region, const Offer& offer, const Target& target)
      : tail_(region, offer),
        is_signed_(region.x->element() == ElementType::i8),
        bytes_(packs_bytes()),
        columns_(region.columns) {
    if (const Conv* conv = as<Conv>(*region.anchor)) {
      conv_ = *conv;
      const Shape& w = region.anchor->input(1).shape();
      for (size_t d = 2; d < w.size(); ++d) window_.push(w[d].value());
    }
    std::vector<int32_t> w = region.weights(), bias = region.bias();
    taps_ = window_.count();
    int64_t inner = int64_t(w.size()) / region.columns;
    channels_ = inner / taps_;
    group_ = bytes_ ? byte_group : word_group;
    width_ = byte_vectors * (bytes_ ? 16 : float_lanes());
    panels_ = (region.columns + width_ - 1) / width_;
    gathers_ = !bytes_ || channels_ % group_ != 0;
    inner_ = gathers_ ? round_up(inner, group_) : inner;
    if (bytes_ && (region.least < -128 || region.most > 127)) weight_shift_ = region.most - 127;
    pack(w, inner, target);
    start_.assign(size_t(panels_ * width_), 0);
    int64_t flip = bytes_ && is_signed_ ? 128 : 0;
    for (int64_t c = 0; c < region.columns; ++c) {
      int64_t sum = 0;
      for (int64_t k = 0; k < inner; ++k) sum += w[size_t(k * region.columns + c)];
      start_[size_t(c)] = int32_t(uint32_t(bias[size_t(c)] - (region.zero + flip) * sum));
    }
    zeros_.assign(size_t(channels_), std::byte(region.zero));
    int64_t row_bytes = inner_ * element_bytes();
    most_rows_ = gathers_ ? std::clamp(gathered_bytes / std::max<int64_t>(row_bytes, 1) / row_step * row_step, row_step,
                                       most_rows)
                          : most_rows;
  }

  int64_t scratch_bytes_per_thread() const override { return parts().total; }

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    if (call.out[0].count() == 0) return;
    Windows windows(conv_ ? &*conv_ : nullptr, x.extents, call.out[0].extents, window_);
    check(windows.channels == channels_, "x ", x.extents, " does not fit weights of ", channels_, " channels");
    auto [each, splits] = grid(windows.rows);
    int64_t rows = windows.rows, blocks = (rows + each - 1) / each;
    call.workers.run(blocks * splits, [&](int64_t task) {
      int64_t first = task / splits * each, split = task % splits;
      run_block(call, windows, first, std::min(each, rows - first), split * panels_ / splits,
                (split + 1) * panels_ / splits);
    });
  }

 private:
  struct Parts {  // of a thread's scratch memory
    int64_t rows, gathered, row_start, sums, tail, total;
  };
  Parts parts() const {
    Parts p{};
    auto take = [&](int64_t bytes) {
      int64_t at = p.total;
      p.total = checked_add(p.total, align_up(bytes, 64));
      return at;
    };
    p.rows = take(checked_mul(most_rows_ * int64_t(sizeof(void*)), taps_));
    p.gathered = take(gathers_ ? checked_mul(most_rows_, inner_ * element_bytes()) : 0);
    p.row_start = take(most_rows_ * int64_t(sizeof(int32_t)));
    p.sums = take(most_rows_ * width_ * int64_t(sizeof(int32_t)));
    p.tail = take(tail_.scratch_bytes(most_rows_, width_));
    return p;
  }

  struct Grid {
    int64_t rows, splits;  // rows a task; tasks that share the panels of one block of rows
  };
  Grid grid(int64_t rows) const {
    auto in_blocks = [&](int64_t blocks) { return round_up((rows + blocks - 1) / blocks, row_step); };
    int64_t blocks = (rows + most_rows_ - 1) / most_rows_;
    int64_t splits = std::clamp<int64_t>((least_tasks + blocks - 1) / blocks, 1, panels_);
    if (packed_->bytes() < weights_read_often) splits = 1;
    return {std::min(in_blocks(std::max(blocks, (least_tasks + splits - 1) / splits)), most_rows_), splits};
  }

  int64_t element_bytes() const { return bytes_ ? 1 : 2; }

  void pack(const std::vector<int32_t>& w, int64_t inner, const Target& target) {
    View view;
    ElementType element = bytes_ ? ElementType::i8 : ElementType::i16;
    packed_ = make_weights(target, element, {checked_mul(panels_ * width_, round_up(inner, group_))}, view);
    int64_t groups = round_up(inner, group_) / group_;
    for (int64_t k = 0; k < inner; ++k)
      for (int64_t c = 0; c < columns_; ++c) {
        int64_t at = ((c / width_ * groups + k / group_) * width_ + c % width_) * group_ + k % group_;
        int32_t number = w[size_t(k * columns_ + c)] - weight_shift_;
        if (bytes_) view.as<int8_t>()[at] = int8_t(number);
        else view.as<int16_t>()[at] = int16_t(number);
      }
  }

  void run_block(const Call& call, const Windows& windows, int64_t first, int64_t count, int64_t first_panel,
                 int64_t past_panel) const {
    Parts p = parts();
    std::byte* own = call.own_scratch(p.total);
    auto** rows = reinterpret_cast<const void**>(own + p.rows);
    const auto* x = call.in[0].as<std::byte>();
    int64_t taps = gathers_ ? 1 : taps_, inner = inner_ / taps;
    if (gathers_) gather(windows, x, first, count, rows, own + p.gathered);
    else find_taps(windows, x, first, count, rows);
    int32_t* row_start = nullptr;
    if (weight_shift_) {
      row_start = reinterpret_cast<int32_t*>(own + p.row_start);
      for (int64_t r = 0; r < count; ++r)
        row_start[r] = weight_shift_ * (is_signed_ ? sum_i8 : sum_u8)(rows + r * taps, taps, inner);
    }
    auto* sums = reinterpret_cast<int32_t*>(own + p.sums);
    auto* multiply = bytes_ ? (is_signed_ ? multiply_i8 : multiply_u8)
                            : by_isa(multiply_words<4>, multiply_words<8>, multiply_words<16>);
    for (int64_t panel = first_panel; panel < past_panel; ++panel) {
      multiply({rows, count, taps, inner, packed_->data, start_.data(), row_start, panel, panel + 1, columns_, sums,
                width_});
      tail_.finish(call,
                   {sums, width_, first, count, panel * width_, std::min(width_, columns_ - panel * width_)},
                   own + p.tail);
    }
  }

  // visit(row of a window's taps or null in the padding, x of its first tap) for each row of a window's.
  template <class Visit>
  void walk(const Windows& windows, const std::byte* x, int64_t first, int64_t count, Visit visit) const {
    const auto& [depth, height, width] = windows.slides;
    int64_t image = depth.input * height.input * width.input;
    int64_t w = first % width.output, rest = first / width.output;
    int64_t h = rest % height.output, d = rest / height.output % depth.output, n = rest / height.output / depth.output;
    for (int64_t r = 0; r < count; ++r) {
      for (int64_t kd = 0; kd < depth.extent; ++kd)
        for (int64_t kh = 0; kh < height.extent; ++kh) {
          int64_t from_d = depth.source(d, kd), from_h = height.source(h, kh);
          bool inside = from_d >= 0 && from_d < depth.input && from_h >= 0 && from_h < height.input;
          int64_t row = n * image + (from_d * height.input + from_h) * width.input;
          visit(inside ? x + row * channels_ : nullptr, width.source(w, 0));
        }
      if (++w < width.output) continue;
      w = 0;
      if (++h < height.output) continue;
      h = 0;
      if (++d == depth.output) d = 0, ++n;
    }
  }

  void find_taps(const Windows& windows, const std::byte* x, int64_t first, int64_t count, const void** rows) const {
    if (windows.is_dense()) {
      for (int64_t r = 0; r < count; ++r) rows[r] = x + (first + r) * channels_;
      return;
    }
    const Slide& width = windows.slides[2];
    walk(windows, x, first, count, [&](const std::byte* row, int64_t from) {
      for (int64_t k = 0; k < width.extent; ++k, from += width.dilation)
        *rows++ = row && from >= 0 && from < width.input ? row + from * channels_ : zeros_.data();
    });
  }

  // Taps side by side, as bytes or widened to words, and what counts as 0 behind the last: rows of one tap each.
  void gather(const Windows& windows, const std::byte* x, int64_t first, int64_t count, const void** rows,
              std::byte* to) const {
    int64_t row_bytes = inner_ * element_bytes(), used = taps_ * channels_ * element_bytes();
    for (int64_t r = 0; r < count; ++r) {
      rows[r] = to + r * row_bytes;
      std::memset(to + r * row_bytes + used, bytes_ && is_signed_ ? 0x80 : 0, size_t(row_bytes - used));
    }
    if (!conv_) {
      for (int64_t r = 0; r < count; ++r) copy(x + (first + r) * channels_, channels_, to + r * row_bytes);
      return;
    }
    const Slide& width = windows.slides[2];
    int64_t done = 0, per_row = taps_ / width.extent;
    walk(windows, x, first, count, [&](const std::byte* row, int64_t from) {
      std::byte* at = to + done / per_row * row_bytes + done % per_row * width.extent * channels_ * element_bytes();
      ++done;
      if (row && width.dilation == 1 && from >= 0 && from + width.extent <= width.input)
        return copy(row + from * channels_, width.extent * channels_, at);
      for (int64_t k = 0; k < width.extent; ++k, from += width.dilation, at += channels_ * element_bytes())
        copy(row && from >= 0 && from < width.input ? row + from * channels_ : zeros_.data(), channels_, at);
    });
  }

  void copy(const std::byte* from, int64_t count, std::byte* to) const {
    if (!bytes_) {
      auto* widen = by_isa(widen_bytes<4>, widen_bytes<8>, widen_bytes<16>);
      return widen(from, count, is_signed_, reinterpret_cast<int16_t*>(to));
    }
    if (count < 16) {
      if (count >= 8) std::memcpy(to, from, 8), std::memcpy(to + count - 8, from + count - 8, 8);
      else
        for (int64_t i = 0; i < count; ++i) to[i] = from[i];
      return;
    }
    for (int64_t i = 0; i + 16 < count; i += 16) std::memcpy(to + i, from + i, 16);
    std::memcpy(to + count - 16, from + count - 16, 16);  // may overlap what is there
  }

  IntegerTail tail_;
  std::optional<Conv> conv_;
  bool is_signed_, bytes_, gathers_ = false;
  Extents window_;
  int64_t columns_;
  int64_t taps_ = 1, channels_ = 0, inner_ = 0, group_ = 0, width_ = 0, panels_ = 0, most_rows_ = most_rows;
  int32_t weight_shift_ = 0;  // packed weights are smaller by it
  Weights packed_;
  std::vector<int32_t> start_;
  std::vector<std::byte> zeros_;  // a tap in the padding
};

}  // namespace

bool packs_bytes() { return has_vnni(); }
double integer_speedup() { return packs_bytes() ? 4 : 1.5; }

std::unique_ptr<Kernel> prepare_integer_product(const Integers& region, const Offer& offer, const Target& target) {
  return std::make_unique<IntegerProduct>(region, offer, target);
}

}  // namespace tenon
