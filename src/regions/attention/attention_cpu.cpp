// Attention as one step: the products, softmax and masks between them, and what scales and transposes around them.
#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/cpu/isa.h"
#include "regions/attention/match.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

constexpr const char* kernel_name = "attention.blocks";

class AttentionProvider final : public Provider {
 public:
  const char* name() const override { return "attention"; }
  std::vector<std::string> kernels() const override { return {kernel_name}; }
  void offers(const Node& root, const Target& target, Offers& offers) const override;
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override;
};

class AttentionBlocks final : public Kernel {
 public:
  explicit AttentionBlocks(const Offer& offer, Attention a) : a_(std::move(a)) {
    inner_ = a_.q.value->shape()[size_t(a_.q.axes.back())].value();
    columns_ = a_.v.value->shape()[size_t(a_.v.axes.back())].value();
    auto place = [&](const Value* v) {
      return size_t(
          std::find_if(offer.operands.begin(), offer.operands.end(), [&](const Operand& o) { return o.value == v; }) -
          offer.operands.begin());
    };
    for (const Value* v : {a_.q.value, a_.k.value, a_.v.value}) places_.push_back(place(v));
    for (const Attention::Step& s : a_.steps)
      if (s.operand) places_.push_back(place(s.operand));
  }

  int64_t scratch_bytes_per_thread() const override {
    return attention_scratch(inner_, columns_) * int64_t(sizeof(float));
  }

  void run(const Call& call) const override {
    if (call.out[0].count() == 0) return;
    Axes q(call.in[places_[0]].extents, a_.q.axes), k(call.in[places_[1]].extents, a_.k.axes);
    Axes v(call.in[places_[2]].extents, a_.v.axes), y(call.out[0].extents, a_.axes);
    int rank = y.extents.rank;
    Extents batch = y.extents, whole = y.extents;
    batch.rank = rank - 2;
    whole[rank - 1] = k.extents[k.extents.rank - 2];  // of the scores
    std::array<Mask, max_steps> masks;
    size_t mask_count = masks_of(call, whole, masks);
    Extents q_batch = along(q, batch), k_batch = along(k, batch), v_batch = along(v, batch), y_batch = along(y, batch);
    int64_t queries = y.extents[rank - 2], blocks = (queries + attention_rows - 1) / attention_rows;
    auto* attend_block = by_isa(attend<4>, attend<8>, attend<16>);
    call.workers.run(batch.count() * blocks, [&](int64_t task) {
      int64_t row = task % blocks * attention_rows, rest = task / blocks;
      const float *from_q = call.in[places_[0]].as<float>(), *from_k = call.in[places_[1]].as<float>();
      const float* from_v = call.in[places_[2]].as<float>();
      float* to = call.out[0].as<float>();
      std::array<ScoreStep, max_steps> steps;
      for (size_t i = 0; i < mask_count; ++i) steps[i] = masks[i].step;
      auto move = [](const void* data, int64_t bytes) { return static_cast<const std::byte*>(data) + bytes; };
      for (int d = batch.rank - 1; d >= 0; rest /= batch[d--]) {
        int64_t at = rest % batch[d];
        from_q += at * q_batch[d], from_k += at * k_batch[d], from_v += at * v_batch[d], to += at * y_batch[d];
        for (size_t i = 0; i < mask_count; ++i)
          if (masks[i].step.data) steps[i].data = move(steps[i].data, at * masks[i].batch[d] * masks[i].bytes);
      }
      for (size_t i = 0; i < mask_count; ++i)
        if (masks[i].step.data) steps[i].data = move(steps[i].data, row * steps[i].row_step * masks[i].bytes);
      auto last = [](const Axes& a, int back) { return a.steps[a.steps.rank - back]; };
      attend_block({from_q + row * last(q, 2),
                    from_k,
                    from_v,
                    last(q, 2),
                    last(q, 1),
                    last(k, 2),
                    last(k, 1),
                    last(v, 2),
                    float(a_.q.factor * a_.k.factor),
                    std::min(attention_rows, queries - row),
                    whole[rank - 1],
                    inner_,
                    columns_,
                    {steps.data(), mask_count},
                    float(a_.scale),
                    to + row * last(y, 2),
                    last(y, 2),
                    reinterpret_cast<float*>(call.own_scratch(scratch_bytes_per_thread()))});
    });
  }

  static constexpr size_t max_steps = 6;

 private:
  struct Mask {
    ScoreStep step;
    Extents batch;      // steps along it
    int64_t bytes = 0;  // of an element
  };

  size_t masks_of(const Call& call, const Extents& whole, std::array<Mask, max_steps>& masks) const {
    size_t count = 0, next = 3;
    for (const Attention::Step& s : a_.steps) {
      Mask& m = masks[count++] = {{s.kind, float(s.number), s.keep}, {}, 0};
      if (!s.operand) continue;
      const ConstView& view = call.in[places_[next++]];
      m.batch = broadcast_strides(view.extents, whole);
      m.bytes = size_bytes(view.element);
      m.step.data = view.data;
      m.step.row_step = m.batch[whole.rank - 2], m.step.key_step = m.batch[whole.rank - 1];
    }
    return count;
  }

  Attention a_;
  int64_t inner_, columns_;
  std::vector<size_t> places_;  // among the operands: of q, k, v and what the steps read
};

// Arithmetic near its peak, an exponential an element of the scores, and rows that are padded to whole vectors.
void set_price(Offer& offer, const Attention& a, const Target& target) {
  constexpr double share = .8, padded_to = 8;
  Extents q = at(a.q.value->shape(), target.typical), v = at(a.v.value->shape(), target.typical);
  Extents y = at(offer.region.exits[0]->shape(), target.typical), k = at(a.k.value->shape(), target.typical);
  double inner = double(q[a.q.axes.back()]), columns = double(v[a.v.axes.back()]);
  double queries = double(q[a.q.axes[a.q.axes.size() - 2]]), keys = double(k[a.k.axes[a.k.axes.size() - 2]]);
  double batch = queries * columns == 0 ? 0 : double(y.count()) / (queries * columns);
  double padded = std::ceil(queries / padded_to) * padded_to;
  double work = batch * keys * (padded * inner + queries * columns), scores = batch * padded * keys;
  int64_t bytes = moved_bytes(offer, target);
  offer.bound_ms = roofline_ms(target, batch * queries * keys * (inner + columns), 1, bytes) / target.threads;
  offer.expected_ms =
      roofline_ms(target, work, share, 0) + scores * exponential_ns * 1e-6 + roofline_ms(target, 0, 1, bytes);
}

}  // namespace

void AttentionProvider::offers(const Node& root, const Target& target, Offers& offers) const {
  const char* refused = nullptr;
  for (const Attention& a : match_attentions(root, ElementType::f32, refused)) {
    if (a.steps.size() > AttentionBlocks::max_steps)
      return offers.refuse(kernel_name, "too much happens to the scores");
    Offer offer;
    offer.provider = this;
    offer.kernel = kernel_name;
    offer.region = Region(a.nodes);
    for (const Value* v : operands_of(a)) offer.operands.push_back({v, plain_format(*v)});
    offer.results = {plain_format(root.output())};
    set_price(offer, a, target);
    offers.accept(std::move(offer));
  }
  if (refused) offers.refuse(kernel_name, refused);
}

std::unique_ptr<Kernel> AttentionProvider::prepare(const Offer& offer, const Target&) const {
  const char* refused = nullptr;
  for (Attention& a : match_attentions(offer.region.root(), ElementType::f32, refused))
    if (a.nodes == offer.region.nodes) return std::make_unique<AttentionBlocks>(offer, std::move(a));
  fail(ErrorId::internal, "an offer of attention no longer matches its graph");
}

static const AttentionProvider provider;
extern const Provider& attention_provider;
const Provider& attention_provider = provider;

}  // namespace tenon
