// A tail as oneDNN's post-operations.
#pragma once
#include <dnnl.hpp>

#include "regions/epilogue/epilogue.h"

namespace tenon::onednn {

struct PostOps {
  dnnl::post_ops ops;
  const Value* residual = nullptr;  // added in place: the result's memory holds it when the primitive starts
  const char* refusal = nullptr;
};

PostOps post_ops(const Epilogue& epilogue);

}  // namespace tenon::onednn
