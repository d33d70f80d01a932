// What the files of this folder offer and prepare.
#pragma once
#include "devices/cuda/module.h"
#include "select/offer.h"

namespace tenon::cuda {

// A kind of kernel: adds its offers on `root`, and prepares those that bear its name.
struct Family {
  const char* name;  // "cuda.softmax"
  void (*offer)(const Provider& provider, const Node& root, const Target& target, Offers& offers);
  std::unique_ptr<Kernel> (*prepare)(const Offer& offer, const Target& target);
};
extern const Family pointwise_family, softmax_family, reduce_family, pool_family, copy_family;

// An offer of one node in plain formats on the device, with every f32 stored as `f32_as`.
Offer device_offer(const Provider& provider, const char* kernel, const Node& root,
                   ElementType f32_as = ElementType::f32);
Format device_format(const Value& value, ElementType f32_as, Layout layout = Layout::plain);
// Prices by bytes at `share` of the memory's speed, arithmetic, and a launch.
void price_on_device(Offer& offer, const Target& target, double multiply_adds, double share);
// Strides along the axes of `seen`, in elements, of memory with extents `own` in `layout`; 0 where it is repeated.
Extents strides_in(Layout layout, const Extents& own, const Extents& seen);
unsigned blocks_for(int64_t work, int64_t per_block);

}  // namespace tenon::cuda

namespace tenon {

std::unique_ptr<Kernel> prepare_cuda_reformat(const Target& target, const TensorType& type, Format from, Format to);

}  // namespace tenon
