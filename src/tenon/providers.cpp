#include "tenon/providers.h"

#include <algorithm>

#include "kernels/cpu/isa.h"
#include "regions/reformat/reformat.h"
#ifdef TENON_CUDA
#include "devices/cuda/cuda.h"
#include "devices/cuda/module.h"
#include "regions/cuda_generated/kernels.h"
#include "regions/cuda_generated/libraries.h"
#endif

namespace tenon {

#define REGION(folder) extern const Provider& folder##_provider;
#include "regions/regions.def"
#undef REGION

Providers all_providers() {
  return {
#define REGION(folder) &folder##_provider,
#include "regions/regions.def"
#undef REGION
  };
}

Providers providers_named(const std::vector<std::string>& names) {
  Providers all = all_providers();
  if (names.empty()) return all;
  Providers some{all[0]};
  std::string known;
  for (const Provider* p : all) known += concat(known.empty() ? "" : ", ", p->name());
  for (const std::string& name : names) {
    auto it = std::find_if(all.begin(), all.end(), [&](const Provider* p) { return p->name() == name; });
    check(it != all.end(), "no provider is called '", name, "'; there are ", known);
    if (std::find(some.begin(), some.end(), *it) == some.end()) some.push_back(*it);
  }
  return some;
}

Target cpu_target(int threads) {
  Target target;
  target.threads = threads;
  // Peaks of two FMA units at about 4.5 GHz, and of the nearest caches: no kernel is faster.
  target.gflops = (isa() == Isa::avx512 ? 330. : isa() == Isa::avx2 ? 150. : 40.);
  target.gbytes = 100;
  target.isa = concat("cpu ", name_of(isa()));
  target.machine = concat(target.isa, ", ", threads, " threads");
  target.reformat = prepare_reformat;
  return target;
}

#ifdef TENON_CUDA
static void note_missing_libraries(std::vector<std::string>& notes) {
  for (const auto& [library, why] : {std::pair{"NVRTC", why_no_nvrtc()}, std::pair{"cuBLASLt", why_no_cublaslt()},
                                     std::pair{"cuDNN", why_no_cudnn()}})
    if (!why.empty()) notes.push_back(concat(library, " is not there, and its kernels are not on offer: ", why));
}

static Target cuda_target(Device& device, int threads) {
  Target target = cpu_target(threads);
  target.device = &device;
  target.isa = device.kind();
  target.machine = concat(device.kind(), ", ", device.name(), ", ", threads, " threads");
  if (why_no_nvrtc().empty()) target.device_reformat = prepare_cuda_reformat;
  return target;
}
#endif

Target target_on(const std::string& device, int threads, [[maybe_unused]] std::vector<std::string>& notes) {
  check(device == "cpu" || device == "cuda" || device == "auto", ErrorId::unknown_name, "no device is called '", device,
        "'; there are cpu, cuda and auto");
  if (device == "cpu") return cpu_target(threads);
  std::string why = "this build has no support for it";
#ifdef TENON_CUDA
  if (Device* gpu = cuda_device(why)) {
    note_missing_libraries(notes);
    return cuda_target(*gpu, threads);
  }
#endif
  check(device == "auto", ErrorId::device, "the device 'cuda' cannot be had: ", why,
        "; use cpu, or auto, which takes a GPU where there is one");
  return cpu_target(threads);
}

}  // namespace tenon
