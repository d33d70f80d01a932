#include <cmath>
#include <map>

#include "base/half.h"
#include "devices/cuda/cuda_device.h"
#include "devices/cuda/module.h"
#include "kernels/cuda/split.h"
#include "regions/cudnn/conv_pairs.h"

namespace tenon::cudnn {

Extents pair_extents(const Extents& with_channels, ElementType part) {
  Extents wide = with_channels;
  wide[1] = cuda::split_channels(wide[1], part);
  return wide;
}

// As the device splits what it reads: to nearest, 11 digits.
static float high_of(float x, ElementType part) {
  if (part == ElementType::f16) return half_to_float(float_to_half(x));
  uint32_t bits = std::bit_cast<uint32_t>(x);
  return std::isfinite(x) ? std::bit_cast<float>((bits + 0x1000u) & 0xffffe000u) : x;
}

// High, high and low parts of every channel, for an operand of high, low and high ones; channels last.
template <class Part>
static std::vector<Part> parts_of(const Tensor& filter, ElementType part) {
  const Extents& e = filter.extents;
  int64_t channels = e[1], wide = cuda::split_channels(channels, part), pixels = 1;
  for (int d = 2; d < e.rank; ++d) pixels = checked_mul(pixels, e[d]);
  std::vector<Part> parts(size_t(checked_mul(checked_mul(e[0], pixels), wide)), Part(0.f));
  const float* from = filter.view().as<float>();
  for (int64_t k = 0; k < e[0]; ++k)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t p = 0; p < pixels; ++p) {
        float all = *from++, high = high_of(all, part);
        Part* to = parts.data() + (k * pixels + p) * wide + c;
        to[0] = to[channels] = Part(high);
        to[2 * channels] = Part(std::isfinite(high) ? all - high : 0.f);
      }
  return parts;
}

class ConvOfPairs final : public Kernel {
 public:
  ConvOfPairs(Device& device, ConvSetup setup, const Tensor& filter)
      : device_(device),
        setup_(std::move(setup)),
        filter_(pair_extents(filter.extents, part())),
        split_(cuda_module(device, cuda::split_source(part()))) {
    if (part() == ElementType::f16) upload(parts_of<Half>(filter, part()), weights_);
    else upload(parts_of<float>(filter, part()), weights_);
    if (!setup_.bias) upload(std::vector<float>(size_t(filter_[0])), zeros_);  // cuDNN fuses nothing without a bias
  }

  int64_t scratch_bytes(ConstViews in, Views out) const override {
    if (out[0].count() == 0) return 0;
    return split_bytes(in[0].extents) + int64_t(plan_for(in[0].extents, out[0].extents).workspace());
  }

  void run(const Call& call) const override {
    if (call.out[0].count() == 0) return;
    const Extents& x = call.in[0].extents;
    const void* from = call.in[0].data;
    void* parts = call.scratch;
    bool aligned = reinterpret_cast<uintptr_t>(from) % 16 == 0;
    bool wide = aligned && x[1] % cuda::split_width == 0, small = x.count() < (int64_t(1) << 31);
    long long count = wide && small ? x.count() / cuda::split_width : x.count();
    int channels = int(x[1]), places = int(cuda::split_channels(x[1], part()));
    void* arguments[] = {&count, &channels, &places, &from, &parts};
    constexpr unsigned threads = 256;
    split_->launch(!small ? "split_long"
                   : wide ? "split_wide"
                          : "split",
                   {.grid_x = blocks_for(count, threads), .threads = threads}, arguments, call.stream);
    size_t next = 1;
    const void* bias = setup_.bias ? call.in[next++].data : zeros_.get();
    const void* residual = setup_.residual ? call.in[next].data : nullptr;
    plan_for(x, call.out[0].extents)
        .run(parts, weights_.get(), bias, residual, call.out[0].data, call.scratch + split_bytes(x), call.stream);
  }

 private:
  ElementType part() const { return setup_.format.element; }
  int64_t split_bytes(const Extents& x) const {
    return align_up(checked_mul(pair_extents(x, part()).count(), size_bytes(part())), 256);
  }

  template <class T>
  void upload(const std::vector<T>& values, std::shared_ptr<std::byte>& to) {
    int64_t bytes = int64_t(values.size() * sizeof(T));
    to = device_.allocate(bytes, "a filter in parts");
    std::shared_ptr<void> stream = device_.make_stream();
    device_.copy(to.get(), values.data(), bytes, stream.get());
    device_.synchronize(stream.get());
  }

  const ConvPlan& plan_for(const Extents& x, const Extents& y) const {
    static_cast<const CudaDevice&>(device_).use();
    std::scoped_lock lock(mutex_);
    auto& plan = plans_[{x.begin(), x.end()}];
    if (!plan) plan = std::make_unique<ConvPlan>(setup_, pair_extents(x, part()), filter_, y);
    return *plan;
  }

  Device& device_;
  ConvSetup setup_;
  Extents filter_;
  std::shared_ptr<const CudaModule> split_;
  std::shared_ptr<std::byte> weights_, zeros_;
  mutable std::mutex mutex_;
  mutable std::map<std::vector<int64_t>, std::unique_ptr<ConvPlan>> plans_;
};

std::unique_ptr<Kernel> conv_of_pairs(Device& device, ConvSetup setup, const Tensor& filter) {
  return std::make_unique<ConvOfPairs>(device, std::move(setup), filter);
}

}  // namespace tenon::cudnn
