#include <algorithm>

#include "devices/device.h"
#include "regions/cuda_generated/kernels.h"

namespace tenon {

namespace cuda {

Format device_format(const Value& value, ElementType f32_as, Layout layout) {
  return {value.element() == ElementType::f32 ? f32_as : value.element(), layout, Space::device};
}

Offer device_offer(const Provider& provider, const char* kernel, const Node& root, ElementType f32_as) {
  Offer offer;
  offer.provider = &provider;
  offer.kernel = kernel;
  offer.region = Region({&root});
  for (const Value* in : root.inputs()) offer.operands.push_back({in, device_format(*in, f32_as)});
  for (const auto& out : root.outputs()) offer.results.push_back(device_format(*out, f32_as));
  return offer;
}

void price_on_device(Offer& offer, const Target& target, double multiply_adds, double share) {
  DevicePeaks peaks = target.device->peaks();
  bool half = offer.results[0].element == ElementType::f16;
  double bytes = double(moved_bytes(offer, target));
  auto ms = [&](double of_peak, double of_memory) {
    double arithmetic = 2 * multiply_adds / ((half ? peaks.f16_gflops : peaks.f32_gflops) * of_peak);
    return 1e-6 * std::max(arithmetic, bytes / (peaks.memory_gbytes * of_memory));
  };
  offer.bound_ms = ms(1, 1);
  offer.expected_ms = peaks.launch_ms + ms(share, .7);
}

Extents strides_in(Layout layout, const Extents& own, const Extents& seen) {
  if (layout == Layout::plain) return broadcast_strides(own, seen);
  Extents strides = seen;
  int64_t step = 1;
  auto place = [&](int axis) {
    strides[axis] = own[axis] == 1 && seen[axis] != 1 ? 0 : step;
    step = checked_mul(step, own[axis]);
  };
  place(1);
  for (int axis = own.rank - 1; axis >= 2; --axis) place(axis);
  place(0);
  return strides;
}

unsigned blocks_for(int64_t work, int64_t per_block) {
  constexpr int64_t most = 1 << 30;
  return unsigned(std::clamp<int64_t>((work + per_block - 1) / per_block, 1, most));
}

}  // namespace cuda

namespace {

constexpr const cuda::Family* families[] = {&cuda::pointwise_family, &cuda::softmax_family, &cuda::reduce_family,
                                            &cuda::pool_family, &cuda::copy_family};

class CudaGeneratedProvider final : public Provider {
 public:
  const char* name() const override { return "cuda"; }
  std::vector<std::string> kernels() const override {
    std::vector<std::string> names;
    for (const cuda::Family* f : families) names.push_back(f->name);
    return names;
  }
  void offers(const Node& root, const Target& target, Offers& offers) const override {
    if (!target.device || root.inputs().empty()) return;
    if (std::string why = why_no_nvrtc(); !why.empty()) return offers.refuse("cuda", "NVRTC is not there");
    for (const cuda::Family* f : families) f->offer(*this, root, target, offers);
  }
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override {
    for (const cuda::Family* f : families)
      if (offer.kernel == f->name) return f->prepare(offer, target);
    fail(ErrorId::internal, "no kernel is called '", offer.kernel, "'");
  }
};

}  // namespace

static const CudaGeneratedProvider provider;
extern const Provider& cuda_generated_provider;
const Provider& cuda_generated_provider = provider;

}  // namespace tenon
