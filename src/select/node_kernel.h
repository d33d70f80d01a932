// Kernels for one node alone, as an operator's folder lists them: ops/softmax/softmax_cpu.cpp defines `softmax_cpu`,
// softmax_cuda.cpp `softmax_cuda`, and the folder's line in ops.def says OPS_CPU_CUDA(softmax).
#pragma once
#include "select/offer.h"

namespace tenon {

struct NodeKernel {
  const char* name;  // "softmax.rows"; "cuda.softmax"
  // `offer` comes in plain formats and priced by the roofline of Op::work; for GPUs on the device, priced by the bytes
  // it moves, once with f32 stored as itself and once as f16. Leaves it, changes formats or prices, or returns why the
  // kernel cannot take the node; empty: it can.
  std::string (*fit)(const Node& node, const Target& target, Offer& offer);
  std::unique_ptr<Kernel> (*prepare)(const Offer& offer, const Target& target);
};

using NodeKernels = std::span<const NodeKernel>;

// Reads and writes `layout`: every operand that has the result's rank, and the results. Empty, or why that is
// impossible.
std::string use_layout(Offer& offer, Layout layout);
// Prices the offer: arithmetic at `share` of the machine's peak, memory at `memory_share` of its bandwidth.
void price(Offer& offer, const Target& target, double multiply_adds, double share = .5, double memory_share = .25);
constexpr double exponential_ns = .9;  // what one costs a thread, with what a softmax does around it
// The same on the target's device, with a launch and memory at a usual share of its bandwidth.
void price_on_device(Offer& offer, const Target& target, double multiply_adds, double share);
// With so many bytes moved: an operand may be far larger than what a kernel reads of it.
void price_on_device(Offer& offer, const Target& target, double multiply_adds, double share, double bytes);

}  // namespace tenon
