// Strips of rows by panels of columns. A strip's sums stay in the cache until the tail is done with them.
#include "regions/panels/panel_kernel.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/panel_product.h"
#include "kernels/cpu/pointwise_program.h"

namespace tenon {

namespace {

constexpr int64_t float_bytes = sizeof(float), widest_element = 8;
constexpr int64_t most_rows = 128;           // of a strip: its sums and results fit the nearer caches
constexpr int64_t least_work = 1 << 20;      // multiply-adds of a task
constexpr int64_t tasks_by_rows_alone = 16;  // of fewer strips each is shared by columns, too

int64_t panel_width() { return panel_vectors(float_lanes()) * float_lanes(); }

// Where the rows of x lie that meet rows of the result, tap by tap; what is padding is a row of zeros.
class Taps {
 public:
  Taps(const Conv& conv, const Extents& window, const ConstView& x, const View& y, const float* zeros)
      : x_(x), zeros_(zeros), channels_(x[1]) {
    int axes = x.rank() - 2, missing = 3 - axes;
    for (int i = 0; i < axes; ++i) slides_[i + missing] = conv.slide(i, x[i + 2], window[i + 2]);
    for (int i = 0; i < axes; ++i) slides_[i + missing].output = y[i + 2];
  }

  void rows(int64_t first, int64_t count, const float** to) const {
    const auto& [depth, height, width] = slides_;
    int64_t w = first % width.output, rest = first / width.output;
    int64_t h = rest % height.output, d = rest / height.output % depth.output;
    int64_t image = rest / height.output / depth.output;
    for (int64_t r = 0; r < count; ++r) {
      const float** at = to + r;
      for (int64_t kd = 0; kd < depth.extent; ++kd)
        for (int64_t kh = 0; kh < height.extent; ++kh)
          for (int64_t kw = 0; kw < width.extent; ++kw, at += count)
            *at = row(image, depth.source(d, kd), height.source(h, kh), width.source(w, kw));
      if (++w < width.output) continue;
      w = 0;
      if (++h < height.output) continue;
      h = 0;
      if (++d == depth.output) d = 0, ++image;
    }
  }

 private:
  const float* row(int64_t image, int64_t d, int64_t h, int64_t w) const {
    const auto& [depth, height, width] = slides_;
    bool inside = 0 <= d && d < depth.input && 0 <= h && h < height.input && 0 <= w && w < width.input;
    int64_t pixel = ((image * depth.input + d) * height.input + h) * width.input + w;
    return inside ? x_.as<float>() + pixel * channels_ : zeros_;
  }

  ConstView x_;
  const float* zeros_;
  int64_t channels_;
  std::array<Slide, 3> slides_{};
};

class PanelKernel final : public Kernel {
 public:
  PanelKernel(const PanelProblem& p, const Offer& offer, const Target& target)
      : conv_(p.conv ? std::optional<Conv>(*p.conv) : std::nullopt),
        window_(p.weights->extents),
        inner_(p.inner),
        taps_(p.taps),
        columns_(p.columns),
        bounded_(p.bounded),
        low_(p.low),
        high_(p.high),
        panels_((p.columns + panel_width() - 1) / panel_width()),
        zeros_(size_t(p.inner), 0.f) {
    pack(p, target);
    if (!p.has_tail) return;
    set_block();
    std::vector<std::optional<Scalar>> known(p.sides.size() + 1);
    tail_ = compile_pointwise(p.tail, known);
    for (const PanelSide& side : p.sides) {
      auto operand = std::find_if(offer.operands.begin(), offer.operands.end(),
                                  [&](const Operand& o) { return o.value == side.value; });
      sides_.push_back({int(operand - offer.operands.begin()), side.per_column});
    }
  }

  int64_t scratch_bytes_per_thread() const override {
    int64_t pointers = (taps_ + 1) * most_rows * int64_t(sizeof(float*));
    return align_up(pointers, 64) + block_elements() * (float_bytes + (has_tail() ? widest_element : 0));
  }

  void run(const Call& call) const override {
    const View& y = call.out[0];
    int64_t rows = columns_ ? y.count() / columns_ : 0;
    if (rows == 0) return;
    check(conv_ || call.in[0][call.in[0].rank() - 1] == inner_, "cannot multiply ", call.in[0].extents,
          " by a matrix of ", inner_, " rows");
    std::optional<Taps> taps;
    if (conv_) taps.emplace(*conv_, window_, call.in[0], y, zeros_.data());
    int64_t strips = (rows + most_rows - 1) / most_rows;
    int64_t together = std::max<int64_t>(1, least_work / std::max<int64_t>(1, most_rows * inner_ * taps_ * columns_));
    int64_t groups = (strips + together - 1) / together;
    int64_t shares = std::min(panels_, (tasks_by_rows_alone + groups - 1) / groups);
    // Groups of one share of the panels follow each other, so that what a thread reads again is near.
    call.workers.run(groups * shares, [&](int64_t task) {
      int64_t share = task / groups, group = task % groups;
      Strip strip{call, taps ? &*taps : nullptr, panels_ * share / shares, panels_ * (share + 1) / shares};
      for (int64_t s = group * together; s < std::min(strips, (group + 1) * together); ++s) {
        strip.first = rows * s / strips, strip.count = rows * (s + 1) / strips - strip.first;
        run_strip(strip);
      }
    });
  }

 private:
  struct Side {
    int operand;
    bool per_column;
  };
  struct Strip {
    const Call& call;
    const Taps* taps;
    int64_t first_panel, past_panel;
    int64_t first = 0, count = 0;  // rows
  };

  // A block of the result: rows from `row` on within the strip, and columns.
  struct Block {
    int64_t row, rows, column, columns;
    int64_t step() const { return align_up(columns, float_lanes()); }  // of a row of sums
  };
  struct Scratch {
    const float** from;
    float **to, *sums;
    std::byte* results;
  };

  Scratch scratch_of(const Call& call) const {
    std::byte* at = call.own_scratch(scratch_bytes_per_thread());
    auto* from = reinterpret_cast<const float**>(at);
    auto* to = reinterpret_cast<float**>(at) + taps_ * most_rows;
    auto* sums = reinterpret_cast<float*>(at + align_up((taps_ + 1) * most_rows * int64_t(sizeof(float*)), 64));
    return {from, to, sums, reinterpret_cast<std::byte*>(sums + block_elements())};
  }

  void run_strip(const Strip& s) const {
    Scratch scratch = scratch_of(s.call);
    if (s.taps) s.taps->rows(s.first, s.count, scratch.from);
    else
      for (int64_t r = 0; r < s.count; ++r) scratch.from[r] = s.call.in[0].as<float>() + (s.first + r) * inner_;
    int64_t width = panel_width(), past = std::min(columns_, s.past_panel * width);
    for (int64_t column = s.first_panel * width; column < past; column += block_panels_ * width)
      for (int64_t row = 0; row < s.count; row += block_rows_)
        run_block(s, scratch,
                  {row, std::min(block_rows_, s.count - row), column, std::min(block_panels_ * width, past - column)});
  }

  void run_block(const Strip& s, const Scratch& scratch, const Block& b) const {
    int64_t width = panel_width(), lanes = float_lanes(), panel = b.column / width;
    bool direct = !has_tail() && b.columns % lanes == 0;
    float* to = direct ? s.call.out[0].as<float>() + (s.first + b.row) * columns_ + b.column : scratch.sums;
    for (int64_t r = 0; r < b.rows; ++r) scratch.to[r] = to + r * (direct ? columns_ : b.step());
    auto* multiply = by_isa(multiply_panels<4, panel_vectors(4)>, multiply_panels<8, panel_vectors(8)>,
                            multiply_panels<16, panel_vectors(16)>);
    multiply(PanelProduct{scratch.from + b.row, scratch.to, b.rows, inner_,
                          packed_->view().as<float>() + panel * taps_ * inner_ * width,
                          start_->view().as<float>() + b.column, 0, (b.columns + width - 1) / width, b.step() / lanes,
                          taps_, s.count, bounded_, low_, high_});
    if (!direct) finish(s, scratch, b);
  }

  bool has_tail() const { return !tail_.steps.empty(); }

  // The tail over a block's sums, and the results where they belong.
  void finish(const Strip& s, const Scratch& scratch, const Block& b) const {
    const View& y = s.call.out[0];
    int64_t bytes = size_bytes(y.element), first = s.first + b.row;
    std::byte* to = y.as<std::byte>() + (first * columns_ + b.column) * bytes;
    auto* results = reinterpret_cast<std::byte*>(scratch.sums);
    int64_t step = b.step() * bytes;  // of a row of results
    if (has_tail()) {
      Extents block{b.rows, b.columns};
      std::array<PointwiseOperand, max_pointwise_inputs> operands;
      operands[0] = {scratch.sums, float_bytes, block, {b.step(), 1}};
      for (size_t i = 0; i < sides_.size(); ++i) {
        const ConstView& side = s.call.in[size_t(sides_[i].operand)];
        int64_t element = size_bytes(side.element), row = sides_[i].per_column ? 0 : columns_;
        operands[i + 1] = {side.as<std::byte>() + (first * row + b.column) * element, element, block, {row, 1}};
      }
      results = b.columns == columns_ ? to : scratch.results;
      step = b.columns * bytes;
      run_pointwise(tail_, {operands.data(), sides_.size() + 1}, results, 0, b.rows * b.columns);
    }
    for (int64_t r = 0; results != to && r < b.rows; ++r)
      std::memcpy(to + r * columns_ * bytes, results + r * step, size_t(b.columns * bytes));
  }

  int64_t block_elements() const { return block_rows_ * block_panels_ * panel_width(); }

  // With a tail: whole rows where the packed weights stay near meanwhile, for then results need no copy; else a panel.
  void set_block() {
    constexpr int64_t elements = 4 * pointwise_block, near_bytes = 256 << 10, row_group = 12;
    int64_t whole = panels_ * panel_width();
    bool rows = whole * row_group <= 4 * elements && whole * taps_ * inner_ * float_bytes <= near_bytes;
    block_panels_ = rows ? std::max<int64_t>(1, panels_) : 1;
    int64_t fitting = elements / (block_panels_ * panel_width()) / row_group * row_group;
    block_rows_ = std::clamp(rows ? fitting : pointwise_block / panel_width(), row_group, most_rows);
  }

  void pack(const PanelProblem& p, const Target& target) {
    int64_t width = panel_width(), whole = panels_ * width, depth = taps_ * inner_;
    View packed, start;
    packed_ = make_weights(target, ElementType::f32, {panels_, depth, width}, packed);
    start_ = make_weights(target, ElementType::f32, {whole}, start);
    std::fill_n(packed.as<float>(), whole * depth, 0.f);
    std::fill_n(start.as<float>(), whole, 0.f);
    if (p.start) std::memcpy(start.data, p.start->data, size_t(columns_ * float_bytes));
    // Of a matrix the element [k][column], of filters [column][k][tap].
    int64_t column_step = conv_ || p.transposed ? depth : 1, k_step = conv_ ? taps_ : p.transposed ? 1 : columns_;
    const float* from = p.weights->view().as<float>();
    for (int64_t panel = 0; panel < panels_; ++panel)
      for (int64_t tap = 0; tap < taps_; ++tap)
        for (int64_t k = 0; k < inner_; ++k) {
          float* to = packed.as<float>() + ((panel * taps_ + tap) * inner_ + k) * width;
          const float* at = from + panel * width * column_step + k * k_step + tap;
          for (int64_t c = 0; c < std::min(width, columns_ - panel * width); ++c) to[c] = at[c * column_step];
        }
  }

  std::optional<Conv> conv_;
  Extents window_;
  int64_t inner_, taps_, columns_;
  bool bounded_;
  float low_, high_;
  int64_t panels_;
  int64_t block_rows_ = most_rows, block_panels_ = 1;
  std::vector<float> zeros_;
  Weights packed_, start_;
  PointwiseProgram tail_;
  std::vector<Side> sides_;
};

}  // namespace

int64_t panel_columns(int64_t columns) { return align_up(columns, float_lanes()); }

std::unique_ptr<Kernel> prepare_panels(const PanelProblem& problem, const Offer& offer, const Target& target) {
  return std::make_unique<PanelKernel>(problem, offer, target);
}

}  // namespace tenon
