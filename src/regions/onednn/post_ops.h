// A tail as oneDNN's post-operations.
#pragma once
#include <dnnl.hpp>

#include "regions/epilogue/epilogue.h"

namespace tenon::onednn {

enum class Bias { none, per_column };  // whether a constant added first may become the primitive's bias

struct PostOps {
  dnnl::post_ops ops;
  const Value* residual = nullptr;  // added in place: the result's memory holds it when the primitive starts
  Weights bias;
  std::vector<TailStep> steps;
  const char* refusal = nullptr;
};

PostOps post_ops(const Epilogue& epilogue, Bias bias = Bias::none);

}  // namespace tenon::onednn
