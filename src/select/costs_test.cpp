#include "select/costs.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "ir/text.h"
#include "ops/constant/constant.h"
#include "tenon/providers.h"

namespace tenon {
namespace {

// As libraries are that write code when a primitive first runs.
class SlowAtFirst final : public Kernel {
 public:
  void run(const Call&) const override {
    if (!warm_) std::this_thread::sleep_for(std::chrono::milliseconds(30));
    warm_ = true;
  }

 private:
  mutable bool warm_ = false;
};

class SlowAtFirstProvider final : public Provider {
 public:
  const char* name() const override { return "test"; }
  std::vector<std::string> kernels() const override { return {"slow_at_first"}; }
  void offers(const Node&, const Target&, Offers&) const override {}
  std::unique_ptr<Kernel> prepare(const Offer&, const Target&) const override {
    return std::make_unique<SlowAtFirst>();
  }
};

TEST(Costs, of_a_reshape_are_those_of_one_in_place) {
  Graph graph = parse("x = input() type=f32[1000,1000]\ny = reshape(x) shape=[1000000]\nreturn y\n");
  Target target = cpu_target(1);
  Catalog offers = catalog(graph, all_providers(), target, domains(graph, {}));
  TimingCache cache;
  Workers workers(1);
  Costs costs(target, cache, workers);
  for (const Offer& offer : offers.at(graph.nodes().back().get()).accepted) {
    costs.measure(offer);
    EXPECT_EQ(costs.ms(offer) < .01, offer.kernel == "reshape.copy") << offer.kernel;
  }
}

TEST(Costs, of_a_kernel_that_is_slow_at_first_are_those_of_later_runs) {
  Graph graph = parse("x = input() type=f32[4]\ny = relu(x)\nreturn y\n");
  const Node& root = *graph.nodes().back();
  SlowAtFirstProvider provider;
  Offer offer;
  offer.provider = &provider;
  offer.kernel = "slow_at_first";
  offer.region = Region({&root});
  offer.operands = {{&root.input(0), plain_format(root.input(0))}};
  offer.results = {plain_format(root.output())};
  Target target = cpu_target(1);
  TimingCache cache;
  Workers workers(1);
  Costs costs(target, cache, workers);
  costs.measure(offer);
  EXPECT_LT(costs.ms(offer), 20);
}

// What is timed writes into memory of its own, never over a constant whose numbers it may have read.
TEST(Costs, of_reformats_leave_constants_as_they_are) {
  Graph graph = parse("c = constant() data=i64[1,3,1,2]{1,2,3,4,5,6}\ny = neg(c)\nreturn y\n");
  const Value& c = *graph.find("c");
  Target target = cpu_target(1);
  TimingCache cache;
  Workers one(1);
  Costs costs(target, cache, one);
  costs.constants.emplace(&c, constant_of(c));
  for (Layout layout : {Layout::nhwc, Layout::c16})
    costs.measure_reformat(c, plain_format(c), {ElementType::i64, layout});
  for (int64_t i = 0; i < 6; ++i) EXPECT_EQ(constant_of(c)->view().as<int64_t>()[i], i + 1);
}

}  // namespace
}  // namespace tenon
