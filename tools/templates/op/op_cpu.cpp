// Kernels for the CPU, best first.
#include <cstring>

#include "ops/@name@/@name@.h"
#include "select/node_kernel.h"

namespace tenon {

namespace {

class @Name@Rows final : public Kernel {
 public:
  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    int64_t row = x.rank() ? x[x.rank() - 1] : 1, bytes = row * size_bytes(x.element);
    if (bytes == 0) return;
    call.workers.run(x.count() / row, [&](int64_t r) {
      std::memcpy(call.out[0].as<std::byte>() + r * bytes, x.as<std::byte>() + r * bytes, size_t(bytes));
    });
  }
};

// Changes formats and price of the offer, or says why this kernel cannot take the node.
std::string fit(const Node& node, const Target&, Offer&) {
  if (node.input(0).element() != ElementType::f32) return concat("x has elements of type ", node.input(0).element());
  return "";
}

std::unique_ptr<Kernel> prepare(const Offer&, const Target&) { return std::make_unique<@Name@Rows>(); }

constexpr NodeKernel kernels[] = {{"@name@.rows", fit, prepare}};

}  // namespace

extern const NodeKernels @name@_cpu;
const NodeKernels @name@_cpu = kernels;

}  // namespace tenon
