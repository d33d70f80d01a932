// The steady path allocates nothing: every operator new of a run is counted, and oneDNN's own apart.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "allocations.h"
#include "ir/text.h"
#include "runtime/context.h"
#include "tenon/build.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // nothing is counted there

namespace tenon {
namespace {

// Depthwise, clusters, pooling, reduction, softmax; between a convolution and a matrix product, or alone.
std::string network(bool with_products) {
  std::string lines = "x = input() type=f32[N,32,40,40]\nd = constant() data=f32[32,1,3,3]~2\n";
  if (with_products) lines += "w = constant() data=f32[32,32,3,3]~1\nm = constant() data=f32[32,32]~3\n";
  lines += with_products ? "c = conv(x, w)\n" : "c = neg(x)\n";
  lines +=
      "r = relu(c)\ne = conv(r, d) groups=32\nt = tanh(e)\np = pool(t) kind=max window=2,2 strides=2,2\n"
      "g = reduce(p) kind=mean axes=2,3 keep_dims=false\n";
  lines += with_products ? "y = matmul(g, m)\n" : "y = neg(g)\n";
  return lines + "s = softmax(y)\nreturn s\n";
}

Allocations allocations_of_runs(bool with_products, std::vector<std::string> providers) {
  Built built = build(parse(network(with_products)), {.threads = 2, .providers = std::move(providers)});
  EXPECT_FALSE(built.stats.contains("kernel/reference")) << "references may allocate: they are what nobody waits for";
  ExecutionContext context(built.only_plan(), 2);
  std::vector<float> x(2 * 32 * 40 * 40, 1.f), y(2 * 32);
  const void* in = x.data();
  void* out = y.data();
  std::array<Extents, 2> shapes{Extents{1, 32, 40, 40}, Extents{2, 32, 40, 40}};
  auto both = [&] {
    for (const Extents& e : shapes) {
      context.set_shapes({&e, 1});
      context.run({&in, 1}, {&out, 1});
    }
  };
  both();  // binds shapes, takes the arena
  Allocations before = allocations();
  for (int i = 0; i < 10; ++i) both();
  Allocations after = allocations();
  // A library's thread may still be giving back what it took for a task that is done.
  for (int ms = 0; ms < 1000 && after.made - before.made != after.freed - before.freed; ++ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    after = allocations();
  }
  return {after.made - before.made, after.freed - before.freed};
}

TEST(SteadyPath, of_our_own_kernels_allocates_nothing) {
  Allocations counts = allocations_of_runs(false, {"node", "pointwise", "depthwise"});
  EXPECT_EQ(counts.made, 0);
  EXPECT_EQ(counts.freed, 0);
}

#ifdef TENON_ONEDNN  // dense convolutions are left to references without it
TEST(SteadyPath, gives_back_within_the_call_what_libraries_take) {
  Allocations counts = allocations_of_runs(true, {});
  EXPECT_EQ(counts.made, counts.freed);
}
#endif

}  // namespace
}  // namespace tenon

#endif
