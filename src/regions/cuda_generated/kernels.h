// What the files of this folder offer and prepare.
#pragma once
#include "devices/cuda/module.h"
#include "select/node_kernel.h"

namespace tenon::cuda {

// A kind of kernel: adds its offers on `root`, and prepares those that bear its name.
struct Family {
  const char* name;  // "cuda.pointwise"
  void (*offer)(const Provider& provider, const Node& root, const Target& target, Offers& offers);
  std::unique_ptr<Kernel> (*prepare)(const Offer& offer, const Target& target);
};
extern const Family pointwise_family, copy_family, attention_family;

// The kernels that operators' folders list (OPS_CUDA in ops.def).
std::vector<std::string> node_kernel_names();
void offer_node_kernels(const Provider& provider, const Node& root, const Target& target, Offers& offers);
std::unique_ptr<Kernel> prepare_node_kernel(const Offer& offer, const Target& target);

// An offer of one node in plain formats on the device, with every f32 stored as `f32_as`.
Offer device_offer(const Provider& provider, const char* kernel, const Node& root,
                   ElementType f32_as = ElementType::f32);
Format device_format(const Value& value, ElementType f32_as, Layout layout = Layout::plain);
// Strides along the axes of `seen`, in elements, of memory with extents `own` in `layout`; 0 where it is repeated.
Extents strides_in(Layout layout, const Extents& own, const Extents& seen);

}  // namespace tenon::cuda

namespace tenon {

std::unique_ptr<Kernel> prepare_cuda_reformat(const Target& target, const TensorType& type, Format from, Format to);

}  // namespace tenon
