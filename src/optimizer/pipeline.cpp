#include "optimizer/pipeline.h"

#include "optimizer/passes/passes.h"
#include "optimizer/rules/rules.h"

namespace tenon {

// Constants first: they tell the later rules what is known. Then what moves nothing, then what arithmetic can absorb,
// whose folded weights are constants again.
RewriteLog optimize(Graph& graph, const PipelineOptions& options, FunctionRef<void(const char*, const Graph&)> after) {
  const struct {
    const char* name;
    Rules rules;  // or, where there are none, a pass
    void (*pass)(Graph&, RewriteLog&) = nullptr;
  } passes[] = {{"fold_constants", fold_constants},
                {"merge_equal", {}, merge_equal},
                {"cancel_moves", cancel_moves},
                {"fold_into_conv", fold_into_conv},
                {"fold_new_constants", fold_constants}};
  RewriteLog log;
  for (const auto& pass : passes) {
    if (pass.pass) pass.pass(graph, log);
    else Rewriter::run(graph, pass.rules, log);
    after(pass.name, graph);
    if (options.stop_after && std::string_view(options.stop_after) == pass.name) break;
  }
  return log;
}

}  // namespace tenon
