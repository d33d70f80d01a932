#include "optimizer/pipeline.h"

#include "optimizer/passes/passes.h"
#include "optimizer/rules/rules.h"

namespace tenon {

// Products of bytes first, for the constants among them would be folded into floats. Constants early: they tell the
// later rules what is known. Then what moves nothing, then what has a name, then what windows and weights can absorb,
// which leaves constants behind that others share. Last what nothing absorbed, written out in what kernels are good at.
const std::vector<Pass>& passes() {
  static const std::vector<Pass> list{{"count_in_bytes", count_in_bytes},
                                      {"spread_scales", spread_scales},
                                      {"fold_constants", fold_constants},
                                      {"merge_equal", {}, merge_equal},
                                      {"cancel_moves", cancel_moves},
                                      {"cancel_casts", cancel_casts},
                                      {"recognize_norms", recognize_norms},
                                      {"recognize_activations", recognize_activations},
                                      {"fold_pads", fold_pads},
                                      {"fold_into_conv", fold_into_conv},
                                      {"fold_into_matmul", fold_into_matmul},
                                      {"unfold_conv_transpose", unfold_conv_transpose},
                                      {"spread_batch_norm", spread_batch_norm}};
  return list;
}

RewriteLog optimize(Graph& graph, const PipelineOptions& options, FunctionRef<void(const char*, const Graph&)> after) {
  RewriteLog log;
  for (const Pass& pass : passes()) {
    if (pass.pass) pass.pass(graph, log);
    else Rewriter::run(graph, pass.rules, log, options.stop);
    after(pass.name, graph);
    if (options.stop_after && std::string_view(options.stop_after) == pass.name) break;
  }
  return log;
}

}  // namespace tenon
