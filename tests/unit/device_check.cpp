// Offers of a device against the reference, in poisoned memory with guards behind it. TENON_TEST_DEVICE names the
// device; without it there is nothing to do, and the cases of the CPU stand for themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "devices/device.h"
#include "offers_check.h"
#include "tenon/providers.h"

namespace tenon {

namespace {

constexpr int64_t guard_bytes = 256;
constexpr uint8_t poison = 0xff;  // NaN as a float

// Memory on the device whose end is watched.
class Guarded {
 public:
  Guarded(Device& device, int64_t bytes, void* stream) : device_(device), bytes_(bytes) {
    memory_ = device.allocate(bytes + guard_bytes, "a test");
    device.fill(memory_.get(), poison, bytes + guard_bytes, stream);
  }
  std::byte* data() const { return memory_.get(); }
  bool is_whole(void* stream) const {
    std::vector<std::byte> guard(guard_bytes);
    device_.copy(guard.data(), memory_.get() + bytes_, guard_bytes, stream);
    device_.synchronize(stream);
    return std::all_of(guard.begin(), guard.end(), [](std::byte b) { return b == std::byte{poison}; });
  }

 private:
  Device& device_;
  int64_t bytes_;
  std::shared_ptr<std::byte> memory_;
};

void reformat(const Target& target, const Value& value, const Extents& extents, Format from, Format to, const void* in,
              void* out, void* stream) {
  auto kernel = target.reformat(target, value.type(), from, to);
  Workers one(1);
  ConstView source{in, from.element, extents};
  View made{out, to.element, extents};
  std::shared_ptr<std::byte> scratch =
      target.device->allocate(kernel->scratch_bytes({&source, 1}, {&made, 1}), "a test's reformat");
  kernel->run({{&source, 1}, {&made, 1}, scratch.get(), one, nullptr, stream});
  target.device->synchronize(stream);
}

// A domain keeps such values in floats: no kernel is to blame for what becomes of them.
bool leaves_halves(const Tensor& t) {
  constexpr double largest_half = 65504;
  for (int64_t i = 0; i < t.extents.count(); ++i)
    if (std::abs(load_scalar(t.data + i * size_bytes(t.element), t.element).f) > largest_half) return true;
  return false;
}

// `in_place`: the first result lies where the offer would like to have it.
void check_offer(const TextCase& c, const Target& target, const Offer& offer, const Kernel& kernel,
                 const ValuesOf& values, bool in_place) {
  Device& device = *target.device;
  std::shared_ptr<void> stream = device.make_stream();
  std::vector<Guarded> in, out;
  std::vector<ConstView> from;
  std::vector<View> to;
  for (const Operand& o : offer.operands) {
    const Tensor& t = *values.at(o.value);
    in.emplace_back(device, stored_bytes(t.extents, o.format), stream.get());
    reformat(target, *o.value, t.extents, plain_format(*o.value), o.format, t.data, in.back().data(), stream.get());
    from.push_back({in.back().data(), o.format.element, t.extents});
  }
  for (size_t i = 0; i < offer.results.size(); ++i) {
    const Tensor& t = *values.at(offer.region.exits[i]);
    out.emplace_back(device, stored_bytes(t.extents, offer.results[i]), stream.get());
    to.push_back({out.back().data(), offer.results[i].element, t.extents});
  }
  if (in_place) {
    auto k = size_t(offer.in_place);
    device.copy(out[0].data(), in[k].data(), stored_bytes(from[k].extents, offer.operands[k].format), stream.get());
    from[k].data = to[0].data;
  }
  Guarded scratch(device, kernel.scratch_bytes(from, to), stream.get());
  Workers one(1);
  kernel.run({from, to, scratch.data(), one, nullptr, stream.get()});
  device.synchronize(stream.get());
  EXPECT_TRUE(scratch.is_whole(stream.get())) << "wrote behind its scratch memory";
  bool each =
      std::all_of(offer.region.nodes.begin(), offer.region.nodes.end(), [](const Node* n) { return is_pointwise(*n); });
  bool special =
      std::any_of(c.operands.begin(), c.operands.end(), [](const CaseOperand& o) { return o.data == "special"; });
  for (size_t i = 0; i < out.size(); ++i) {
    EXPECT_TRUE(out[i].is_whole(stream.get())) << "wrote behind result " << i;
    const Value& exit = *offer.region.exits[i];
    const Tensor& expected = *values.at(&exit);
    std::vector<std::byte> plain(size_t(expected.bytes()) + 1);
    reformat(target, exit, expected.extents, offer.results[i], plain_format(exit), out[i].data(), plain.data(),
             stream.get());
    if (offer.results[i].element == ElementType::f16 && leaves_halves(expected)) continue;
    expect_near(plain.data(), expected, tolerance_of(c, offer.results[i].element), each, special);
  }
}

bool may_be_in_place(const Offer& offer, const ValuesOf& values) {
  if (offer.in_place < 0) return false;
  const Operand& o = offer.operands[size_t(offer.in_place)];
  return o.format == offer.results[0] && values.at(o.value)->extents == values.at(offer.region.exits[0])->extents;
}

}  // namespace

void check_offers_on_device(const TextCase& c, const std::string& type) {
  const char* wanted = std::getenv("TENON_TEST_DEVICE");
  if (!wanted) return;
  std::vector<std::string> notes;
  Target target = target_on(wanted, 1, notes);
  ASSERT_TRUE(notes.empty()) << notes[0];
  std::vector<Binding> bindings = c.bindings();
  Graph graph = c.graph(type, bindings.back());
  target.typical = bindings.back();
  Domains permitted = domains(graph, {}), in_pairs = permitted;
  for (auto& [value, domain] : in_pairs) {
    domain.in_pairs = domain.contains(ElementType::f32);
    if (domain.in_pairs) domain.elements = domain.elements | ElementType::f16;
  }
  Catalog offers = catalog(graph, all_providers(), target, permitted);
  for (auto& [node, list] : catalog(graph, all_providers(), target, in_pairs))
    for (Offer& offer : list.accepted) {
      auto reads_pairs = [](const Operand& o) { return o.in_pairs; };
      if (std::any_of(offer.operands.begin(), offer.operands.end(), reads_pairs)) offers[node].accept(std::move(offer));
    }
  for (const auto& [node, list] : offers)
    for (const Offer& offer : list.accepted) {
      if (!on_device(offer) || offer.kernel == "source" || offer.kernel == c.skip) continue;
      SCOPED_TRACE(concat(offer.kernel, " ", offer.formats_text(), " ", offer.region.text(target.typical)));
      auto kernel = offer.provider->prepare(offer, target);
      for (const Binding& binding : bindings) {
        ValuesOf values = reference_values(graph, c.inputs(type, binding), binding);
        check_offer(c, target, offer, *kernel, values, false);
        if (may_be_in_place(offer, values)) {
          SCOPED_TRACE("in place");
          check_offer(c, target, offer, *kernel, values, true);
        }
        if (testing::Test::HasFailure()) return;
      }
    }
}

}  // namespace tenon
