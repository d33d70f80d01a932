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

}  // namespace cuda

namespace {

constexpr const cuda::Family* families[] = {&cuda::pointwise_family, &cuda::copy_family, &cuda::attention_family};

class CudaGeneratedProvider final : public Provider {
 public:
  const char* name() const override { return "cuda"; }
  std::vector<std::string> kernels() const override {
    std::vector<std::string> names = cuda::node_kernel_names();
    for (const cuda::Family* f : families) names.push_back(f->name);
    return names;
  }
  void offers(const Node& root, const Target& target, Offers& offers) const override {
    if (!target.device || root.inputs().empty()) return;
    if (std::string why = why_no_nvrtc(); !why.empty()) return offers.refuse("cuda", "NVRTC is not there");
    for (const cuda::Family* f : families) f->offer(*this, root, target, offers);
    cuda::offer_node_kernels(*this, root, target, offers);
  }
  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override {
    for (const cuda::Family* f : families)
      if (offer.kernel == f->name) return f->prepare(offer, target);
    return cuda::prepare_node_kernel(offer, target);
  }
};

}  // namespace

static const CudaGeneratedProvider provider;
extern const Provider& cuda_generated_provider;
const Provider& cuda_generated_provider = provider;

}  // namespace tenon
