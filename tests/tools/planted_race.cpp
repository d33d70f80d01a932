// Four tasks count in one variable without a lock: what the thread sanitizer must find, or it finds nothing elsewhere.
#include <tbb/global_control.h>

#include <cstdio>

#include "base/workers.h"

int main() {
  tbb::global_control real(tbb::global_control::max_allowed_parallelism, 4);
  tenon::Workers workers(4);
  int64_t count = 0;
  for (int round = 0; round < 100; ++round) workers.run(1000, [&](int64_t) { ++count; });
  std::printf("counted to %ld\n", long(count));
}
