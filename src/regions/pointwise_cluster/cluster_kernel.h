// The kernel of a cluster: where its inputs come from, its program, and the layouts it walks.
#pragma once
#include "kernels/cpu/pointwise_program.h"
#include "select/offer.h"

namespace tenon {

// Where an input of the region comes from when the kernel runs.
struct ClusterInput {
  const Value* value = nullptr;
  std::optional<Scalar> number;  // a constant of one element
  bool packed = false;           // a constant, brought into the result's layout when the kernel is prepared
};
std::vector<ClusterInput> cluster_inputs(const Region& region, Layout layout);

// `layout` for what has the shape for it; lower ranks and single elements stay plain.
Layout operand_layout(const Value& operand, const Value& result, Layout layout);

PointwiseProgram cluster_program(const Region& region, std::span<const ClusterInput> inputs);

std::unique_ptr<Kernel> prepare_cluster(const Offer& offer);

}  // namespace tenon
