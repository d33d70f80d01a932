#include "offers_check.h"

#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <cmath>
#include <cstring>

#include "kernels/cpu/isa.h"
#include "ops/known_list.h"
#include "tenon/providers.h"

namespace tenon {

namespace {

constexpr int64_t guard_bytes = 256;
constexpr std::byte poison{0xff};  // NaN as a float

using Values = ValuesOf;

}  // namespace

bool has_late(const Graph& graph) {
  return std::any_of(graph.nodes().begin(), graph.nodes().end(),
                     [](const auto& n) { return n->op().late() != Late::nothing; });
}

namespace {

class FreshResults final : public LateResults {
 public:
  FreshResults(const Node& node, Values& values) : node_(node), values_(values) {}
  View make(int result, const Extents& extents) override {
    View view;
    const Value& value = node_.output(result);
    values_[&value] = make_weights(value.element(), extents, view);
    return view;
  }

 private:
  const Node& node_;
  Values& values_;
};

// The symbols that stand for what a late node has found out.
void learn(const Node& node, const Values& values, Binding& binding) {
  if (node.op().late() == Late::contents) {
    std::vector<int64_t> numbers = list_in(values.at(&node.output())->view());
    for (size_t i = 0; i < numbers.size(); ++i) binding[to_text((*node.output().contents)[i])] = numbers[i];
  }
  for (const auto& v : node.outputs())
    for (size_t d = 0; node.op().late() == Late::extents && d < v->shape().size(); ++d)
      if (!v->shape()[d].known()) binding.try_emplace(to_text(v->shape()[d]), values.at(v.get())->extents[int(d)]);
}

}  // namespace

ValuesOf reference_values(const Graph& graph, const std::vector<Weights>& inputs, Binding binding) {
  Values values;
  size_t next = 0;
  for (const auto& n : graph.nodes()) {
    if (n->inputs().empty() && std::string_view(n->info().name) == "input") {
      values[&n->output()] = inputs.at(next++);
      continue;
    }
    std::vector<ConstView> in;
    std::vector<View> out;
    for (const Value* v : n->inputs()) in.push_back(values.at(v)->view());
    if (n->op().late() == Late::extents) {
      FreshResults results(*n, values);
      n->op().evaluate_late(in, results);
    } else {
      for (const auto& v : n->outputs())
        values[v.get()] = make_weights(v->element(), at(v->shape(), binding), out.emplace_back());
      n->op().evaluate(in, out);
    }
    learn(*n, values, binding);
  }
  return values;
}

namespace {

struct Memory {
  std::vector<std::byte> bytes;
  int64_t size;
  explicit Memory(int64_t n) : bytes(size_t(n + guard_bytes + 64), poison), size(n) {}
  std::byte* data() { return bytes.data() + (64 - reinterpret_cast<uintptr_t>(bytes.data()) % 64) % 64; }
  bool guard_is_whole() {
    return std::all_of(data() + size, bytes.data() + bytes.size(), [](std::byte b) { return b == poison; });
  }
};

void reformat(const Value& value, const Extents& extents, Format from, Format to, const void* in, void* out) {
  auto kernel = cpu_target(1).reformat(cpu_target(1), value.type(), from, to);
  Workers one(1);
  ConstView source{in, from.element, extents};
  View made{out, to.element, extents};
  Memory scratch(kernel->scratch_bytes({&source, 1}, {&made, 1}));
  kernel->run({{&source, 1}, {&made, 1}, scratch.data(), one});
}

}  // namespace

double tolerance_of(const TextCase& c, ElementType e) {
  if (auto it = c.tolerance.find(name_of(e)); it != c.tolerance.end()) return it->second;
  return e == ElementType::f64 ? 1e-12 : e == ElementType::f32 ? 1e-5 : e == ElementType::f16 ? 2e-3 : 1.6e-2;
}

// Relative to each value where all is pointwise, else to the largest.
void expect_near(const std::byte* found, const Tensor& expected, double tolerance, bool each, bool special) {
  int64_t count = expected.extents.count(), step = size_bytes(expected.element);
  bool floats = float_types.contains(expected.element);
  if (!floats) {
    ASSERT_EQ(std::memcmp(found, expected.data, size_t(count * step)), 0) << "elements differ that are exact";
    return;
  }
  double largest = 0;
  for (int64_t i = 0; i < count; ++i)
    if (double x = std::abs(load_scalar(expected.data + i * step, expected.element).f); std::isfinite(x))
      largest = std::max(largest, x);
  // Differences inside an expression cancel (1 + erf(-4)): what is left is good to some ulp of what was there.
  double floor = each && !special && expected.element == ElementType::f32 ? 0x1p-21 * largest : 1e-37;
  for (int64_t i = 0; i < count; ++i) {
    double a = load_scalar(found + i * step, expected.element).f;
    double b = load_scalar(expected.data + i * step, expected.element).f;
    if (std::isnan(b) || std::isinf(b)) EXPECT_EQ(to_text(a), to_text(b)) << "at " << i;
    else EXPECT_NEAR(a, b, tolerance * (each ? std::abs(b) : largest) + floor) << "at " << i;
    if (testing::Test::HasFailure()) return;  // one is enough
  }
}

namespace {

struct Run {
  std::vector<Memory> out, plain;
};

Run run_offer(const Offer& offer, const Kernel& kernel, const Values& values, bool in_place, int threads) {
  Run run;
  std::vector<Memory> in;
  std::vector<ConstView> from;
  std::vector<View> to;
  for (const Operand& o : offer.operands) {
    const Tensor& t = *values.at(o.value);
    in.emplace_back(stored_bytes(t.extents, o.format));
    reformat(*o.value, t.extents, plain_format(*o.value), o.format, t.data, in.back().data());
    from.push_back({nullptr, o.format.element, t.extents});
  }
  for (size_t i = 0; i < offer.results.size(); ++i) {
    const Tensor& t = *values.at(offer.region.exits[i]);
    run.out.emplace_back(stored_bytes(t.extents, offer.results[i]));
    run.plain.emplace_back(t.bytes());
    to.push_back({nullptr, offer.results[i].element, t.extents});
  }
  for (size_t i = 0; i < in.size(); ++i) from[i].data = in[i].data();
  for (size_t i = 0; i < run.out.size(); ++i) to[i].data = run.out[i].data();
  if (in_place) {
    std::memcpy(run.out[0].data(), in[size_t(offer.in_place)].data(), size_t(run.out[0].size));
    from[size_t(offer.in_place)].data = to[0].data;
  }
  Memory scratch(kernel.scratch_bytes(from, to));
  Memory own(align_up(kernel.scratch_bytes_per_thread(), 64) * threads);
  Workers workers(threads);
  kernel.run({from, to, scratch.data(), workers, own.data()});
  EXPECT_TRUE(own.guard_is_whole()) << "wrote behind its threads' scratch memory";
  EXPECT_TRUE(scratch.guard_is_whole()) << "wrote behind its scratch memory";
  for (size_t i = 0; i < run.out.size(); ++i) {
    EXPECT_TRUE(run.out[i].guard_is_whole()) << "wrote behind result " << i;
    const Value& exit = *offer.region.exits[i];
    reformat(exit, to[i].extents, offer.results[i], plain_format(exit), run.out[i].data(), run.plain[i].data());
    Memory again(run.out[i].size);
    reformat(exit, to[i].extents, plain_format(exit), offer.results[i], run.plain[i].data(), again.data());
    bool exact = offer.results[i].element == exit.element();
    EXPECT_TRUE(!exact || !std::memcmp(again.data(), run.out[i].data(), size_t(again.size))) << "padding is not zero";
  }
  return run;
}

bool same_bits(Run& a, Run& b) {
  for (size_t i = 0; i < a.out.size(); ++i)
    if (std::memcmp(a.out[i].data(), b.out[i].data(), size_t(a.out[i].size))) return false;
  return true;
}

void check_offer(const TextCase& c, const Offer& offer, const Kernel& kernel, const Values& values) {
  bool each =
      std::all_of(offer.region.nodes.begin(), offer.region.nodes.end(), [](const Node* n) { return is_pointwise(*n); });
  bool special =
      std::any_of(c.operands.begin(), c.operands.end(), [](const CaseOperand& o) { return o.data == "special"; });
  Run one = run_offer(offer, kernel, values, false, 1), three = run_offer(offer, kernel, values, false, 3);
  for (size_t i = 0; i < one.plain.size(); ++i) {
    const Tensor& expected = *values.at(offer.region.exits[i]);
    expect_near(one.plain[i].data(), expected, tolerance_of(c, offer.results[i].element), each, special);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_TRUE(same_bits(one, three)) << "three threads give other bits than one";
  if (offer.in_place < 0) return;
  const Operand& o = offer.operands[size_t(offer.in_place)];
  if (o.format != offer.results[0] || values.at(o.value)->extents != values.at(offer.region.exits[0])->extents) return;
  Run inside = run_offer(offer, kernel, values, true, 1);
  EXPECT_TRUE(same_bits(one, inside)) << "other bits in place";
}

}  // namespace

void check_offers(const TextCase& c, const std::string& type) {
  tbb::global_control real_threads(tbb::global_control::max_allowed_parallelism, 3);
  std::vector<Binding> bindings = c.bindings();
  Graph graph = c.graph(type, bindings.back());
  Isa machine = isa();
  bool taken = c.by.empty(), refused = c.refused.empty();
  size_t all_nodes = 0;
  for (const auto& n : graph.nodes()) all_nodes += !n->inputs().empty();
  struct Limit {
    Isa isa;
    ByteIsa bytes;
  };
  for (auto [limit, bytes] : {Limit{Isa::avx512, ByteIsa::amx}, Limit{Isa::avx512, ByteIsa::none},
                              Limit{Isa::avx2, ByteIsa::none}, Limit{Isa::portable, ByteIsa::none}}) {
    if (limit > machine || (limit == Isa::avx512 && bytes == ByteIsa::none && !has_vnni())) continue;
    limit_isa(limit);
    limit_byte_isa(bytes);
    Target target = cpu_target(1);
    target.typical = bindings.back();
    Catalog offers = catalog(graph, all_providers(), target, domains(graph, {}));
    for (const auto& [node, list] : offers) {
      for (const Refusal& r : list.refused) refused = refused || r.reason.find(c.refused) != r.reason.npos;
      for (const Offer& offer : list.accepted) {
        if (offer.kernel == "source" || offer.kernel == "reference" || offer.kernel == c.skip) continue;
        bool of_bytes = std::string_view(offer.provider->name()) == "integer";
        if (limit == Isa::avx512 && bytes == ByteIsa::none && !of_bytes) continue;  // the same once more
        taken = taken || (offer.kernel == c.by && offer.region.nodes.size() == all_nodes);
        SCOPED_TRACE(concat(name_of(limit), " ", offer.kernel, " ", offer.formats_text(), " ",
                            offer.region.text(target.typical)));
        auto kernel = offer.provider->prepare(offer, target);
        for (const Binding& binding : bindings) {
          check_offer(c, offer, *kernel, reference_values(graph, c.inputs(type, binding), binding));
          if (testing::Test::HasFailure()) break;
        }
      }
    }
  }
  limit_isa(Isa::avx512);
  limit_byte_isa(ByteIsa::amx);
  EXPECT_TRUE(taken) << c.by << " took no region of the whole case";
  EXPECT_TRUE(refused) << "nobody refused with: " << c.refused;
}

}  // namespace tenon
