// Prediction, and the stopwatch that replaces it.
#include "select/costs.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "ir/tensor.h"

namespace tenon {

constexpr int64_t cache_bytes = 40 << 20;         // more than the last cache of a machine that is shared
constexpr int64_t cold_weights_bytes = 64 << 10;  // fewer are soon there
constexpr double step_ms = 0.002;                 // what a step costs beside its kernel: fewer, larger regions win ties
constexpr double warming_ms = 100;                // a first run that takes less is none that counts

static bool is_source(const Node& node) { return node.inputs().empty(); }

std::string Costs::reformat_key(const Value& value, Format from, Format to) const {
  return concat(target.machine, " | reformat | ", from, " -> ", to, " | ", at(value.shape(), target.typical));
}

const std::string& Costs::key(const Offer& offer) const {
  auto [it, fresh] = keys_.try_emplace(&offer);
  if (fresh) it->second = offer.key(target);
  return it->second;
}

bool Costs::measured(const Offer& offer) const { return is_source(offer.region.root()) || cache.find(key(offer)); }

double Costs::ms(const Offer& offer) const {
  if (is_source(offer.region.root())) return 0;
  const double* time = cache.find(key(offer));
  if (time) return step_ms + *time + offer.tail_ms;
  return step_ms + (guess == Guess::bound ? offer.bound_ms : offer.expected_ms);
}

double Costs::reformat_ms(const Value& value, Format from, Format to) const {
  if (std::string_view(value.producer->info().name) == "constant") return 0;  // done once, at build
  const double* time = cache.find(reformat_key(value, from, to));
  if (time) return step_ms + *time;
  int64_t bytes = stored_bytes(value, from, target) + stored_bytes(value, to, target);
  if (from.space == Space::device || to.space == Space::device) return step_ms + device_reformat_ms(from, to, bytes);
  return step_ms + roofline_ms(target, 0, 1, bytes) * (guess == Guess::bound ? 1. / target.threads : 8);
}

// Memory for one timed run: floats are 0.5, for zeros could be faster and noise slower; everything else 0.
static Weights filled(ElementType element, int64_t bytes) {
  View view;
  Weights memory = make_weights(ElementType::u8, {bytes}, view);
  if (element == ElementType::f32) std::fill_n(view.as<float>(), bytes / 4, 0.5f);
  if (element == ElementType::bf16) std::fill_n(view.as<uint16_t>(), bytes / 2, uint16_t(0x3f00));
  if (element == ElementType::f16) std::fill_n(view.as<uint16_t>(), bytes / 2, uint16_t(0x3800));
  return memory;
}

static uint8_t touch(const void* memory, int64_t bytes) {
  constexpr int64_t line = 64;
  uint8_t sum = 0;
  for (int64_t i = 0; i < bytes; i += line) sum = uint8_t(sum + static_cast<const uint8_t*>(memory)[i]);
  return sum;
}

bool Costs::weights_exceed_caches() const {
  int64_t total = 0;
  for (const auto& [value, w] : constants) total += w->bytes();
  return total > cache_bytes / 2;
}

// Walks the network's weights as they came, which fill the caches, then what the kernel reads: what it has packed alone
// is cold, as in a network whose weights do not fit.
void Costs::chill(const std::vector<ConstView>& in, const std::vector<int64_t>& bytes) const {
  volatile uint8_t sum = 0;
  int64_t rest = cache_bytes;
  for (auto it = constants.begin(); it != constants.end() && rest > 0; rest -= it++->second->bytes())
    sum = uint8_t(sum + touch(it->second->data, std::min(rest, it->second->bytes())));
  for (size_t k = 0; k < in.size(); ++k) sum = uint8_t(sum + touch(in[k].data, bytes[k]));
}

// The smallest of a few runs: noise only ever adds.
double Costs::time_ms(const Kernel& kernel, const std::vector<Operand>& in, const std::vector<Operand>& out,
                      bool weighted) {
  using clock = std::chrono::steady_clock;
  std::vector<Weights> memory;
  std::vector<ConstView> from;
  std::vector<View> to;
  std::vector<int64_t> bytes;
  auto view = [&](const Operand& o, bool is_read) {
    Extents extents = at(o.value->shape(), target.typical);
    for (int64_t d : extents) check(d >= 0, ErrorId::not_known, "'", o.value->name, "' would typically be ", extents);
    bytes.push_back(stored_bytes(extents, o.format));
    auto known = constants.find(o.value);  // starts, sizes and the like: with other numbers the kernel would refuse
    bool counts = is_read && integer_types.contains(o.format.element) && known != constants.end();
    memory.push_back(counts ? known->second : filled(o.format.element, bytes.back()));
    return View{const_cast<std::byte*>(memory.back()->data), o.format.element, extents};
  };
  for (const Operand& o : in) from.push_back(view(o, true));
  for (const Operand& o : out) to.push_back(view(o, false));
  memory.push_back(filled(ElementType::u8, kernel.scratch_bytes(from, to)));
  auto* scratch = const_cast<std::byte*>(memory.back()->data);
  int64_t own = align_up(kernel.scratch_bytes_per_thread(), 64);
  memory.push_back(filled(ElementType::u8, checked_mul(own, workers.threads())));
  Call call{from, to, scratch, workers, const_cast<std::byte*>(memory.back()->data)};
  bool cold = weighted && weights_exceed_caches();
  double best = 1e9, total = 0;
  for (int i = 0; i < (cold ? 4 : 7) && total < 25; ++i) {
    if (cold) chill(from, bytes);
    auto start = clock::now();
    kernel.run(call);
    double ms = std::chrono::duration<double, std::milli>(clock::now() - start).count();
    if (i == 0 && ms < warming_ms) continue;  // libraries write code then
    best = std::min(best, ms);
    total += ms;
  }
  return std::max(best, 1e-6);
}

void Costs::measure(const Offer& offer) {
  std::vector<Operand> out;
  for (size_t i = 0; i < offer.results.size(); ++i) out.push_back({offer.region.exits[i], offer.results[i]});
  int64_t weights = 0;  // that the kernel has packed: operands of the region that are none of the kernel
  for (const Value* v : offer.region.inputs)
    if (std::none_of(offer.operands.begin(), offer.operands.end(), [&](const Operand& o) { return o.value == v; }))
      weights += stored_bytes(*v, plain_format(*v), target);
  double ms = offer.expected_ms;
  const Op& root = offer.region.root().op();
  if (root.late() == Late::extents || !bodies_of(root).empty()) {  // they take what the numbers of a run make them take
    cache.insert(key(offer), std::max(ms - offer.tail_ms, ms / 4));
    return;
  }
  try {
    WeightsPool pool;
    Target timed = target;
    timed.pool = &pool;
    std::unique_ptr<Kernel> kernel = offer.provider->prepare(offer, timed);
    if (kernel->only_copies() && offer.in_place >= 0) ms = 1e-6;  // the memory planner sees to it
    else
      ms = on_device(offer) ? time_on_device_ms(*kernel, offer.operands, out)
                            : time_ms(*kernel, offer.operands, out, weights > cold_weights_bytes);
  } catch (const Error&) {  // refuses the numbers we made up: its prediction stands
  }
  cache.insert(key(offer), std::max(ms - offer.tail_ms, ms / 4));
}

void Costs::measure_reformat(const Value& value, Format from, Format to) {
  double ms = std::max(0.0, reformat_ms(value, from, to) - step_ms);
  try {
    std::unique_ptr<Kernel> kernel = target.reformat(target, value.type(), from, to);
    bool there = from.space == Space::device || to.space == Space::device;
    ms = there ? time_on_device_ms(*kernel, {{&value, from}}, {{&value, to}})
               : time_ms(*kernel, {{&value, from}}, {{&value, to}}, false);
  } catch (const Error&) {  // of no extents that it could have: its prediction stands
  }
  cache.insert(reformat_key(value, from, to), ms);
}

}  // namespace tenon
