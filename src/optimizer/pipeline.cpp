#include "optimizer/pipeline.h"

#include "optimizer/passes/passes.h"
#include "optimizer/rules/rules.h"

namespace tenon {

namespace {

struct Pass {
  const char* name;
  Rules rules;  // or, where there are none, a pass
  void (*pass)(Graph&, RewriteLog&) = nullptr;
};

// Constants first: they tell the later rules what is known. Then what moves nothing, then what arithmetic can absorb,
// whose folded weights are constants again.
std::vector<Pass> pipeline() {
  return {{"fold_constants", fold_constants},
          {"merge_equal", {}, merge_equal},
          {"cancel_moves", cancel_moves},
          {"fold_into_conv", fold_into_conv},
          {"fold_new_constants", fold_constants}};
}

}  // namespace

std::vector<std::string> rule_names() {
  std::set<std::string> names;
  for (const Pass& pass : pipeline()) {
    if (pass.pass) names.insert(pass.name);
    for (const Rule& rule : pass.rules) names.insert(rule.name);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const Pass& pass : pipeline()) names.push_back(pass.name);
  return names;
}

RewriteLog optimize(Graph& graph, const PipelineOptions& options, FunctionRef<void(const char*, const Graph&)> after) {
  RewriteLog log;
  for (const Pass& pass : pipeline()) {
    if (pass.pass) pass.pass(graph, log);
    else Rewriter::run(graph, pass.rules, log, options.stop);
    after(pass.name, graph);
    if (options.stop_after && std::string_view(options.stop_after) == pass.name) break;
  }
  return log;
}

}  // namespace tenon
