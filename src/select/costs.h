// What an offer or a reformat costs: measured where it was timed, predicted elsewhere.
#pragma once
#include "ir/tensor.h"
#include "select/offer.h"
#include "select/timing_cache.h"

namespace tenon {

// Which prediction stands in for what is not measured: the likely one for a plan, the least one for a search.
enum class Guess { expected, bound };

class Costs {
 public:
  Costs(const Target& t, TimingCache& c, Workers& w) : target(t), cache(c), workers(w) {}
  const Target& target;
  TimingCache& cache;
  Workers& workers;
  Guess guess = Guess::expected;
  // Of the whole network: where they exceed the caches, kernels are timed with cold ones.
  std::map<const Value*, Weights> constants;

  double ms(const Offer& offer) const;
  double reformat_ms(const Value& value, Format from, Format to) const;
  bool measured(const Offer& offer) const;
  void measure(const Offer& offer);
  void measure_reformat(const Value& value, Format from, Format to);

  std::string reformat_key(const Value& value, Format from, Format to) const;

 private:
  bool weights_exceed_caches() const;
  void chill(const std::vector<ConstView>& in, const std::vector<int64_t>& bytes) const;
  const std::string& key(const Offer& offer) const;
  double time_ms(const Kernel& kernel, const std::vector<Operand>& in, const std::vector<Operand>& out, bool weighted);
  // costs_device.cpp
  double device_reformat_ms(Format from, Format to, int64_t bytes) const;
  double time_on_device_ms(const Kernel& kernel, const std::vector<Operand>& in, const std::vector<Operand>& out);
  mutable std::unordered_map<const Offer*, std::string> keys_{};
};

constexpr double longest_timed_run_ms = 60;  // what takes longer is judged by its prediction

}  // namespace tenon
