#include "tenon/providers.h"

#include <algorithm>

#include "kernels/cpu/isa.h"
#include "regions/depthwise/depthwise.h"
#include "regions/node_kernels/node_kernels.h"
#include "regions/onednn/onednn.h"
#include "regions/pointwise_cluster/pointwise_cluster.h"
#include "regions/reference/reference.h"
#include "regions/reformat/reformat.h"

namespace tenon {

Providers all_providers() {
#define REGION(Provider, object) static const Provider object;
#include "regions/regions.def"
#undef REGION
  return {
#define REGION(Provider, object) &object,
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

}  // namespace tenon
