// Depthwise convolutions (one filter a channel, 2-D) with what follows them, row by row, channels innermost.
#include <cmath>
#include <cstring>

#include "kernels/cpu/depthwise_row.h"
#include "kernels/cpu/isa.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "regions/epilogue/epilogue.h"
#include "select/offer.h"

namespace tenon {

namespace {

class DepthwiseProvider final : public Provider {
 public:
  const char* name() const override { return "depthwise"; }
  std::vector<std::string> kernels() const override { return {"depthwise.rows"}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

}  // namespace

namespace {

bool is_depthwise(const Node& node) {
  const Conv* conv = as<Conv>(node);
  if (!conv || conv->groups == 1) return false;
  const Shape &x = node.input(0).shape(), &w = node.input(1).shape();
  return x.size() == 4 && w[1] == Dim(1) && w[0] == Dim(conv->groups) && x[1] == w[0];
}

struct Tail {
  float low = -INFINITY, high = INFINITY;
  bool silu = false;
  const char* refusal = nullptr;
};

Tail tail_of(const Epilogue& e) {
  Tail tail;
  std::optional<std::vector<TailStep>> steps = steps_of(e);
  if (!steps) return tail.refusal = "the tail is no chain of steps that have names", tail;
  for (const TailStep& s : *steps) {
    std::string_view name = s.name ? s.name : "";
    if (tail.silu || (name != "relu" && name != "clip" && name != "silu"))
      return tail.refusal = "only relu, clip and silu follow in the same row", tail;
    if (name == "relu") tail.low = std::max(tail.low, 0.f), tail.high = std::max(tail.high, 0.f);
    if (name == "clip") {
      auto bounded = [&](float v) { return std::min(std::max(v, float(s.alpha)), float(s.beta)); };
      tail.low = bounded(tail.low), tail.high = bounded(tail.high);
    }
    if (name == "silu") tail.silu = true;
  }
  return tail;
}

// Where pixels lie: channels last, or blocks of 16 channels of which each is a map of its own.
class DepthwiseRows final : public Kernel {
 public:
  DepthwiseRows(const Node& node, const Tail& tail, Layout layout, const Target& target)
      : conv_(*as<Conv>(node)), tail_(tail), layout_(layout) {
    Weights w = constant_of(node.input(1));
    int64_t channels = w->extents[0], taps = w->extents[2] * w->extents[3];
    window_ = {w->extents[2], w->extents[3]};
    block_ = layout == Layout::c16 ? 16 : channels;
    blocks_ = (channels + block_ - 1) / block_;
    View weights, bias;
    weights_ = make_weights(target, ElementType::f32, {blocks_, taps, block_}, weights);
    bias_ = make_weights(target, ElementType::f32, {blocks_ * block_}, bias);
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t t = 0; t < taps; ++t)
        weights.as<float>()[(c / block_ * taps + t) * block_ + c % block_] = w->view().as<float>()[c * taps + t];
    if (node.input_count() == 3)
      std::memcpy(bias.data, constant_of(node.input(2))->data, size_t(channels) * sizeof(float));
    lanes_in_last_ = channels - (blocks_ - 1) * block_;
  }

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    Slide height = conv_.slide(0, x[2], window_[0]), width = conv_.slide(1, x[3], window_[1]);
    int64_t parts = std::min<int64_t>(layout_ == Layout::nhwc ? 8 : 4, height.output),
            step = (height.output + parts - 1) / parts;
    auto* run_row = by_isa(depthwise_row<4>, depthwise_row<8>, depthwise_row<16>);
    int64_t x_map = x[2] * x[3] * block_, y_map = y[2] * y[3] * block_;
    // Maps outermost in one layout, rows in the other: a task's memory is dense either way.
    call.workers.run(x[0] * blocks_ * parts, [&](int64_t task) {
      int64_t map = task / parts, first = task % parts * step, block = map % blocks_;
      std::array<const float*, max_taps> rows;
      DepthwiseRow row{rows.data(),
                       weights_->view().as<float>() + block * window_[0] * window_[1] * block_,
                       bias_->view().as<float>() + block * block_,
                       nullptr,
                       block_,
                       block_,
                       block_,
                       window_[0],
                       window_[1],
                       x[3],
                       y[3],
                       width.stride,
                       width.dilation,
                       width.pad_begin,
                       tail_.low,
                       tail_.high,
                       tail_.silu};
      for (int64_t o = first; o < std::min(height.output, first + step); ++o) {
        for (int64_t k = 0; k < window_[0]; ++k) {
          int64_t at = height.source(o, k);
          rows[size_t(k)] = at < 0 || at >= x[2] ? nullptr : x.as<float>() + map * x_map + at * x[3] * block_;
        }
        row.y = y.as<float>() + map * y_map + o * y[3] * block_;
        run_row(row);
        if (block == blocks_ - 1 && lanes_in_last_ < block_) clear_padding(row.y, y[3]);
      }
    });
  }

  static constexpr size_t max_taps = 32;

 private:
  void clear_padding(float* row, int64_t width) const {
    for (int64_t o = 0; o < width; ++o)
      std::memset(row + o * block_ + lanes_in_last_, 0, size_t(block_ - lanes_in_last_) * sizeof(float));
  }

  Conv conv_;
  Tail tail_;
  Layout layout_;
  Extents window_;
  int64_t block_, blocks_, lanes_in_last_;
  Weights weights_, bias_;
};

const char* refusal(const Epilogue& e, const Tail& tail) {
  if (tail.refusal) return tail.refusal;
  const Node& conv = e.anchor();
  for (int i = 1; i < conv.input_count(); ++i)
    if (!constant_of(conv.input(i))) return "weights are not constant";
  if (conv.input(1).shape()[2].value() > int64_t(DepthwiseRows::max_taps)) return "the window is too high";
  return nullptr;
}

}  // namespace

void DepthwiseProvider::offers(const Node& root, const Target& target, Offers& offers) const {
  if (root.inputs().empty() || root.output().element() != ElementType::f32) return;
  for (const Epilogue& e : epilogues(root, [](const Node& n) { return is_depthwise(n); })) {
    if (const char* reason = refusal(e, tail_of(e))) {
      offers.refuse("depthwise.rows", reason);
      continue;
    }
    for (Layout layout : {Layout::nhwc, Layout::c16}) {
      Offer o;
      o.provider = this;
      o.kernel = "depthwise.rows";
      o.region = e.region;
      o.operands = {{&e.anchor().input(0), {ElementType::f32, layout}}};
      o.results = {{ElementType::f32, layout}};
      TypicalViews views = typical_views(e.anchor(), target);
      double work = e.anchor().op().work(views.in, views.out);
      int64_t bytes = moved_bytes(o, target);
      o.bound_ms = roofline_ms(target, work, 1, bytes) / target.threads;
      o.expected_ms = roofline_ms(target, work, .3, 3 * bytes);
      time_as_anchor(o, e, *steps_of(e), 1, target);
      offers.accept(std::move(o));
    }
  }
}

std::unique_ptr<Kernel> DepthwiseProvider::prepare(const Offer& offer, const Target& target) const {
  for (const Epilogue& e : epilogues(offer.region.root(), [](const Node& n) { return is_depthwise(n); }))
    if (e.region.nodes == offer.region.nodes)
      return std::make_unique<DepthwiseRows>(e.anchor(), tail_of(e), offer.results[0].layout, target);
  fail(ErrorId::internal, "an offer of depthwise rows no longer matches its graph");
}

static const DepthwiseProvider provider;
extern const Provider& depthwise_provider;
const Provider& depthwise_provider = provider;

}  // namespace tenon
