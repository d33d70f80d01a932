#include "optimizer/pipeline.h"

#include "optimizer/rules/rules.h"

namespace tenon {

// Constants first: they tell the later rules what is known. Then what moves nothing, then what arithmetic can absorb,
// whose folded weights are constants again.
RewriteLog optimize(Graph& graph, const PipelineOptions& options, FunctionRef<void(const char*, const Graph&)> after) {
  const struct {
    const char* name;
    Rules rules;
  } passes[] = {{"fold_constants", fold_constants},
                {"cancel_moves", cancel_moves},
                {"fold_into_conv", fold_into_conv},
                {"fold_new_constants", fold_constants}};
  RewriteLog log;
  for (const auto& pass : passes) {
    Rewriter::run(graph, pass.rules, log);
    after(pass.name, graph);
    if (options.stop_after && std::string_view(options.stop_after) == pass.name) break;
  }
  return log;
}

}  // namespace tenon
