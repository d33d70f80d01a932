// Convolutions and products as rows of taps by packed panels: a block of rows a task, panel by panel.
#include "regions/integer/product.h"

#include <algorithm>

#include "kernels/cpu/isa.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "regions/integer/panels.h"

namespace tenon {

namespace {

constexpr int64_t most_rows = 96, least_tasks = 16, gathered_bytes = 512 << 10;
constexpr int64_t weights_read_often = 256 << 10;  // more are rather shared out among tasks than read by each

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
      : tail_(region, offer), panels_(region, ByteKernel(offer.config), target), columns_(region.columns) {
    if (const Conv* conv = as<Conv>(*region.anchor)) {
      conv_ = *conv;
      const Shape& w = region.anchor->input(1).shape();
      for (size_t d = 2; d < w.size(); ++d) window_.push(w[d].value());
    }
    taps_ = window_.count();
    Weights w = constant_of(region.anchor->input(1));
    channels_ = w->extents.count() / columns_ / taps_;
    zeros_.assign(size_t(channels_), std::byte(region.zero));
    int64_t step = panels_.row_step();
    most_rows_ = std::clamp(gathered_bytes / std::max<int64_t>(row_bytes(), 1) / step * step, step, most_rows);
  }

  // Room for rows that are gathered ahead; more rows than this bound make tasks enough without sharing.
  int64_t scratch_bytes(ConstViews in, Views out) const override {
    if (!shares() || panels_.takes(channels_)) return 0;
    Windows windows(conv_ ? &*conv_ : nullptr, in[0].extents, out[0].extents, window_);
    return checked_mul(std::min(windows.rows, least_tasks * most_rows_) + most_rows_, row_bytes());
  }
  int64_t scratch_bytes_per_thread() const override { return parts().total; }

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    if (call.out[0].count() == 0) return;
    Windows windows(conv_ ? &*conv_ : nullptr, x.extents, call.out[0].extents, window_);
    check(windows.channels == channels_, "x ", x.extents, " does not fit weights of ", channels_, " channels");
    auto [each, splits] = grid(windows.rows);
    int64_t rows = windows.rows, blocks = (rows + each - 1) / each, panels = panels_.count();
    const std::byte* ahead = nullptr;
    if (splits > 1 && gathers(windows)) {  // for all who share rows
      ahead = call.scratch;
      call.workers.run(blocks, [&](int64_t block) {
        int64_t first = block * each;
        gather(call, windows, first, std::min(each, rows - first), call.scratch + first * row_bytes());
      });
    }
    call.workers.run(blocks * splits, [&](int64_t task) {
      int64_t first = task / splits * each, split = task % splits;
      run_block(call, windows, ahead, first, std::min(each, rows - first), split * panels / splits,
                (split + 1) * panels / splits);
    });
  }

 private:
  struct Parts {  // of a thread's scratch memory
    int64_t lines, rows, gathered, row_start, sums, tail, total;
  };
  Parts parts() const {
    Parts p{};
    auto take = [&](int64_t bytes) {
      int64_t at = p.total;
      p.total = checked_add(p.total, align_up(bytes, 64));
      return at;
    };
    p.lines = take(checked_mul(taps_, int64_t(sizeof(void*))));
    p.rows = take(checked_mul(most_rows_ * int64_t(sizeof(void*)), taps_));
    p.gathered = take(panels_.takes(channels_) ? 0 : checked_mul(most_rows_, row_bytes()));
    p.row_start = take(most_rows_ * int64_t(sizeof(int32_t)));
    p.sums = take(most_rows_ * panels_.width() * int64_t(sizeof(int32_t)));
    p.tail = take(tail_.scratch_bytes(most_rows_, panels_.width()));
    return p;
  }

  int64_t row_bytes() const { return panels_.inner() * panels_.element_bytes(); }
  bool shares() const { return panels_.bytes() >= weights_read_often && panels_.count() > 1; }
  bool lies_ready(const Windows& windows) const { return windows.is_dense() && panels_.takes_dense(channels_); }
  bool gathers(const Windows& windows) const { return !panels_.takes(channels_) && !lies_ready(windows); }

  struct Grid {
    int64_t rows, splits;  // rows a task; tasks that share the panels of one block of rows
  };
  Grid grid(int64_t rows) const {
    auto in_blocks = [&](int64_t blocks) { return align_up((rows + blocks - 1) / blocks, panels_.row_step()); };
    int64_t blocks = (rows + most_rows_ - 1) / most_rows_;
    int64_t splits = std::clamp<int64_t>((least_tasks + blocks - 1) / blocks, 1, panels_.count());
    if (!shares()) splits = 1;
    return {std::min(in_blocks(std::max(blocks, (least_tasks + splits - 1) / splits)), most_rows_), splits};
  }

  void run_block(const Call& call, const Windows& windows, const std::byte* ahead, int64_t first, int64_t count,
                 int64_t first_panel, int64_t past_panel) const {
    Parts p = parts();
    std::byte* own = call.own_scratch(p.total);
    const auto* x = call.in[0].as<std::byte>();
    ByteRows rows{reinterpret_cast<const void**>(own + p.rows), count, 1, panels_.inner()};
    // Kernels of tiles read whole tiles of rows.
    bool whole = !panels_.is_tiles() || first + align_up(count, panels_.row_step()) <= windows.rows;
    if (ahead) {
      for (int64_t r = 0; r < count; ++r) rows.rows[r] = ahead + (first + r) * row_bytes();
    } else if (lies_ready(windows) && whole) {
      for (int64_t r = 0; r < count; ++r) rows.rows[r] = x + (first + r) * channels_;
    } else if (panels_.takes(channels_)) {
      find_taps(windows, x, first, count, reinterpret_cast<const std::byte**>(own + p.lines), rows.rows);
      rows.taps = taps_, rows.inner = channels_;
    } else {
      gather(call, windows, first, count, own + p.gathered);
      for (int64_t r = 0; r < count; ++r) rows.rows[r] = own + p.gathered + r * row_bytes();
    }
    int32_t* row_start = panels_.row_start(rows, reinterpret_cast<int32_t*>(own + p.row_start));
    auto* sums = reinterpret_cast<int32_t*>(own + p.sums);
    int64_t width = panels_.width();
    for (int64_t panel = first_panel; panel < past_panel; ++panel) {
      panels_.multiply(rows, row_start, panel, sums);
      tail_.finish(call, {sums, width, first, count, panel * width, std::min(width, columns_ - panel * width)},
                   own + p.tail);
    }
  }

  // visit(row of x that a window's row of taps lies in, or null in the padding; where its first tap is), in the order
  // of taps and results. Results of one line share their rows of x.
  template <class Visit>
  void walk(const Windows& windows, const std::byte* x, int64_t first, int64_t count, const std::byte** lines,
            Visit visit) const {
    const auto& [depth, height, width] = windows.slides;
    int64_t image = depth.input * height.input * width.input, line_count = depth.extent * height.extent;
    for (int64_t r = first, past = first + count; r < past;) {
      int64_t w = r % width.output, rest = r / width.output, end = std::min(past, r - w + width.output);
      int64_t h = rest % height.output, d = rest / height.output % depth.output,
              n = rest / height.output / depth.output;
      for (int64_t line = 0; line < line_count; ++line) {
        int64_t from_d = depth.source(d, line / height.extent), from_h = height.source(h, line % height.extent);
        bool inside = from_d >= 0 && from_d < depth.input && from_h >= 0 && from_h < height.input;
        int64_t row = n * image + (from_d * height.input + from_h) * width.input;
        lines[line] = inside ? x + row * channels_ : nullptr;
      }
      for (; r < end; ++r, ++w)
        for (int64_t line = 0, from = width.source(w, 0); line < line_count; ++line) visit(lines[line], from);
    }
  }

  void find_taps(const Windows& windows, const std::byte* x, int64_t first, int64_t count, const std::byte** lines,
                 const void** rows) const {
    if (!conv_) {
      for (int64_t r = 0; r < count; ++r) rows[r] = x + (first + r) * channels_;
      return;
    }
    const Slide& width = windows.slides[2];
    walk(windows, x, first, count, lines, [&](const std::byte* row, int64_t from) {
      for (int64_t k = 0; k < width.extent; ++k, from += width.dilation)
        *rows++ = row && from >= 0 && from < width.input ? row + from * channels_ : zeros_.data();
    });
  }

  // Taps side by side, and what counts as 0 behind the last: rows of one tap each.
  void gather(const Call& call, const Windows& windows, int64_t first, int64_t count, std::byte* to) const {
    const auto* x = call.in[0].as<std::byte>();
    auto** lines = reinterpret_cast<const std::byte**>(call.own_scratch(parts().total) + parts().lines);
    int64_t row_step = row_bytes(), tap = channels_ * panels_.element_bytes();
    for (int64_t r = 0; r < count; ++r) {
      panels_.clear(to + r * row_step + taps_ * tap, to + (r + 1) * row_step);
      if (!conv_) panels_.gather(x + (first + r) * channels_, channels_, to + r * row_step);
    }
    if (!conv_) return;
    const Slide& width = windows.slides[2];
    int64_t line_count = taps_ / width.extent, line_bytes = width.extent * tap, line = 0;
    std::byte *row = to, *at = to;
    walk(windows, x, first, count, lines, [&](const std::byte* from_row, int64_t from) {
      bool whole = from_row && width.dilation == 1 && from >= 0 && from + width.extent <= width.input;
      if (whole) panels_.gather(from_row + from * channels_, width.extent * channels_, at);
      for (int64_t k = 0; !whole && k < width.extent; ++k, from += width.dilation)
        panels_.gather(from_row && from >= 0 && from < width.input ? from_row + from * channels_ : zeros_.data(),
                       channels_, at + k * tap);
      if (++line == line_count) line = 0, at = row += row_step;
      else at += line_bytes;
    });
  }

  IntegerTail tail_;
  BytePanels panels_;
  std::optional<Conv> conv_;
  Extents window_;
  int64_t columns_, taps_ = 1, channels_ = 0, most_rows_ = most_rows;
  std::vector<std::byte> zeros_;  // a tap in the padding
};

}  // namespace

std::unique_ptr<Kernel> prepare_integer_product(const Integers& region, const Offer& offer, const Target& target) {
  return std::make_unique<IntegerProduct>(region, offer, target);
}

}  // namespace tenon
