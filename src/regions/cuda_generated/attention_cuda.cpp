// Attention as one step, where queries are few: a decoder's, which reads its cache once.
#include <algorithm>

#include "devices/device.h"
#include "kernels/cuda/attention.h"
#include "regions/attention/match.h"
#include "regions/cuda_generated/kernels.h"

namespace tenon::cuda {

namespace {

constexpr ElementSet elements = half_types | ElementType::f32;

Extents batch_of(const Axes& y) {
  Extents batch = y.extents;
  batch.rank -= 2;
  return batch;
}

class AttentionKernel final : public Kernel {
 public:
  AttentionKernel(Device& device, const Offer& offer, Attention a) : a_(std::move(a)) {
    std::vector<const Value*> read = operands_of(a_);
    auto place = [&](const Value* v) { return size_t(std::find(read.begin(), read.end(), v) - read.begin()); };
    for (const Value* v : {a_.q.value, a_.k.value, a_.v.value}) places_.push_back(place(v));
    std::vector<AttentionStep> steps;
    for (const Attention::Step& s : a_.steps) {
      AttentionStep& step = steps.emplace_back();
      step.kind = s.kind == ScoreStep::scale ? AttentionStep::scale
                  : s.kind == ScoreStep::add ? AttentionStep::add
                                             : AttentionStep::select;
      step.keep = s.keep;
      if (!s.operand) continue;
      places_.push_back(place(s.operand));
      step.stored = offer.operands[places_.back()].format.element;
    }
    module_ = cuda_module(device, attention_source(offer.results[0].element, steps));
  }

  int64_t scratch_bytes(ConstViews in, Views out) const override {
    return arguments(in, out).partial_floats() * int64_t(sizeof(float));
  }

  void run(const Call& call) const override {
    if (call.out[0].count() == 0) return;
    AttentionArguments a = arguments(call.in, call.out);
    std::array<const void*, 3 + max_attention_steps> read;
    std::array<void*, 6 + max_attention_steps> list{&a};
    size_t count = 1;
    for (size_t i = 0; i < places_.size(); ++i) read[i] = call.in[places_[i]].data, list[count++] = &read[i];
    void *partial = call.scratch, *y = call.out[0].data;
    list[count++] = &partial, list[count++] = &y;
    a.wide = a.wide && reinterpret_cast<uintptr_t>(read[1]) % size_t(4 * size_bytes(call.out[0].element)) == 0;
    module_->launch("attend", {.grid_x = blocks_for(a.tasks, 1), .threads = attention_threads},
                    std::span(list).first(count), call.stream);
    if (a.parts == 1) return;
    void* joined[] = {&a, &partial, &y};
    module_->launch("join", {.grid_x = blocks_for(a.tasks / a.parts, 1), .threads = attention_threads}, joined,
                    call.stream);
  }

 private:
  AttentionArguments arguments(ConstViews in, Views out) const {
    Axes q(in[places_[0]].extents, a_.q.axes), k(in[places_[1]].extents, a_.k.axes);
    Axes v(in[places_[2]].extents, a_.v.axes), y(out[0].extents, a_.axes);
    auto last = [](const Extents& list, int back) { return list[list.rank - back]; };
    Extents batch = batch_of(y), whole = y.extents;
    AttentionArguments a;
    a.rank = batch.rank;
    a.queries = last(y.extents, 2), a.keys = last(k.extents, 2), a.inner = last(q.extents, 1);
    a.columns = last(v.extents, 1);
    whole[whole.rank - 1] = a.keys;  // of the scores
    a.q_row = last(q.steps, 2), a.q_step = last(q.steps, 1), a.k_row = last(k.steps, 2), a.k_step = last(k.steps, 1);
    a.v_row = last(v.steps, 2), a.y_row = last(y.steps, 2);
    auto set = [&](AttentionArguments::Batch& to, const Extents& steps) { std::copy_n(steps.begin(), batch.rank, to); };
    set(a.batch, batch), set(a.q_batch, along(q, batch)), set(a.k_batch, along(k, batch));
    set(a.v_batch, along(v, batch)), set(a.y_batch, along(y, batch));
    size_t next = 3;
    for (size_t i = 0; i < a_.steps.size(); ++i) {
      a.number[i] = float(a_.steps[i].number);
      if (!a_.steps[i].operand) continue;
      Extents steps = broadcast_strides(in[places_[next++]].extents, whole);
      set(a.step_batch[i], steps);
      a.step_row[i] = last(steps, 2), a.step_key[i] = last(steps, 1);
    }
    a.q_factor = float(a_.q.factor * a_.k.factor), a.scale = float(a_.scale);
    bool wide = a.k_step == 1 && a.inner % 4 == 0 && a.k_row % 4 == 0;
    for (long long step : a.k_batch) wide = wide && step % 4 == 0;
    a.wide = wide;
    a.set_parts(checked_mul(batch.count(), a.queries));
    return a;
  }

  Attention a_;
  std::vector<size_t> places_;  // among the operands: of q, k, v and what the steps read
  std::shared_ptr<const CudaModule> module_;
};

const char* refusal(const Attention& a) {
  if (a.steps.size() > size_t(max_attention_steps)) return "too much happens to the scores";
  if (a.axes.size() > size_t(max_attention_batch + 2)) return "the batch has too many axes";
  for (const Seen* s : {&a.q, &a.v})
    if (s->value->shape()[size_t(s->axes.back())].value() > max_head) return "a head is too large";
  return nullptr;
}

// The keys are read once a query: from memory, and all but the first time from the cache behind it.
void set_price(Offer& offer, const Attention& a, const Target& target) {
  constexpr double share = .1;  // of the peak outside of tensor cores
  auto seen = [&](const Seen& s) { return Axes(at(s.value->shape(), target.typical), s.axes).extents; };
  Extents q = seen(a.q), k = seen(a.k), v = seen(a.v);
  double rows = double(Axes(at(offer.region.root().output().shape(), target.typical), a.axes).extents.count()) /
                double(std::max<int64_t>(1, v[v.rank - 1]));
  double multiply_adds = rows * double(k[k.rank - 2]) * double(q[q.rank - 1] + v[v.rank - 1]);
  DevicePeaks peaks = target.device->peaks();
  bool half = offer.results[0].element == ElementType::f16;
  price_on_device(offer, target, multiply_adds * (half ? peaks.f16_gflops / peaks.f32_gflops : 1), share);
  offer.expected_ms += peaks.launch_ms;  // of what joins the parts
}

void offer_attention(const Provider& provider, const Node& root, const Target& target, Offers& offers) {
  const char* refused = nullptr;
  for (const Attention& a : match_attentions(root, elements, refused)) {
    if (const char* reason = refusal(a)) return offers.refuse("cuda.attention", reason);
    for (ElementType f32_as : {ElementType::f32, ElementType::f16}) {
      if (f32_as != ElementType::f32 && root.output().element() != ElementType::f32) continue;
      Offer o;
      o.provider = &provider;
      o.kernel = "cuda.attention";
      o.region = Region(a.nodes);
      for (const Value* v : operands_of(a)) o.operands.push_back({v, device_format(*v, f32_as)});
      o.results = {device_format(root.output(), f32_as)};
      set_price(o, a, target);
      offers.accept(std::move(o));
    }
  }
  if (refused) offers.refuse("cuda.attention", refused);
}

std::unique_ptr<Kernel> prepare_attention(const Offer& offer, const Target& target) {
  const char* refused = nullptr;
  for (Attention& a : match_attentions(offer.region.root(), elements, refused))
    if (a.nodes == offer.region.nodes) return std::make_unique<AttentionKernel>(*target.device, offer, std::move(a));
  fail(ErrorId::internal, "an offer of attention no longer matches its graph");
}

}  // namespace

const Family attention_family{"cuda.attention", offer_attention, prepare_attention};

}  // namespace tenon::cuda
