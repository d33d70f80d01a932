#include <set>
#include <string_view>

#include "ops/constant/constant.h"
#include "regions/onednn/post_ops.h"

namespace tenon::onednn {

namespace {

// Rows of ops/unary by oneDNN's names, with the parameters it wants.
struct Named {
  const char* row;
  dnnl::algorithm algorithm;
  float (*alpha)(const TailStep&);
  float (*beta)(const TailStep&);
};

float none(const TailStep&) { return 0; }
float one(const TailStep&) { return 1; }
float alpha(const TailStep& s) { return float(s.alpha); }
float beta(const TailStep& s) { return float(s.beta); }

using dnnl::algorithm;
constexpr Named table[] = {
    {"relu", algorithm::eltwise_relu, none, none},
    {"clip", algorithm::eltwise_clip, alpha, beta},
    {"leaky_relu", algorithm::eltwise_relu, alpha, none},
    {"silu", algorithm::eltwise_swish, one, none},
    {"sigmoid", algorithm::eltwise_logistic, none, none},
    {"tanh", algorithm::eltwise_tanh, none, none},
    {"elu", algorithm::eltwise_elu, alpha, none},
    {"gelu_erf", algorithm::eltwise_gelu_erf, none, none},
    {"abs", algorithm::eltwise_abs, none, none},
    {"gelu_tanh", algorithm::eltwise_gelu_tanh, none, none},
    {"linear", algorithm::eltwise_linear, alpha, beta},
    {"mish", algorithm::eltwise_mish, none, none},
    {"hard_swish", algorithm::eltwise_hardswish, none, none},
};

}  // namespace

static bool one_per_column(const Value& side, const TensorType& y) {
  Weights w = constant_of(side);
  return w && w->extents.rank <= y.rank() && w->extents.rank > 0 && y.shape.back() == Dim(w->extents.count()) &&
         w->extents[w->extents.rank - 1] == w->extents.count();
}

PostOps post_ops(const Epilogue& epilogue, Bias bias) {
  PostOps post;
  std::optional<std::vector<TailStep>> steps = steps_of(epilogue);
  if (!steps) return post.refusal = "the tail is no chain of steps that have names", post;
  post.steps = *steps;
  const TensorType& y = epilogue.anchor().output().type();
  bool begun = false;
  std::set<dnnl::algorithm> used;
  for (const TailStep& s : *steps) {
    if (s.kind == TailStep::add && bias == Bias::per_column && !begun && !post.bias && one_per_column(*s.side, y)) {
      post.bias = constant_of(*s.side);
      continue;
    }
    if (s.kind == TailStep::activation) {
      auto it = std::find_if(std::begin(table), std::end(table),
                             [&](const Named& n) { return std::string_view(n.row) == s.name; });
      if (it == std::end(table)) return post.refusal = "an activation that is no post-operation", post;
      // The upper bound wins; oneDNN takes no such bounds.
      if (it->algorithm == algorithm::eltwise_clip && !(s.alpha <= s.beta))
        return post.refusal = "bounds that cross", post;
      // oneDNN 2.6 gives both the parameters of one: its tables of constants are kept by algorithm.
      if (!used.insert(it->algorithm).second) return post.refusal = "an activation twice", post;
      begun = true;
      post.ops.append_eltwise(1.f, it->algorithm, it->alpha(s), it->beta(s));
    } else if (s.kind == TailStep::mul) {
      return post.refusal = "a product is no fast post-operation", post;
    } else if (post.residual || s.side->shape() != y.shape) {
      return post.refusal = "a second residual, or a sum that broadcasts", post;
    } else if (begun) {
      return post.refusal = "a residual behind an activation", post;
    } else {
      post.residual = s.side;
      post.ops.append_sum(1.f);
    }
  }
  return post;
}

}  // namespace tenon::onednn
