// What happens to every graph, whatever the target.
#pragma once
#include "base/function_ref.h"
#include "base/stop.h"
#include "optimizer/rewriter.h"

namespace tenon {

struct PipelineOptions {
  const char* stop_after = nullptr;  // a pass's name: the later ones are left out
  Stop stop = {};
};

std::vector<std::string> rule_names();  // of all rules and passes
std::vector<std::string> pass_names();  // in the order they run

// `after` sees the graph behind every pass, by the pass's name: to print it, or to stop the time.
RewriteLog optimize(Graph& graph, const PipelineOptions& options, FunctionRef<void(const char*, const Graph&)> after);

}  // namespace tenon
