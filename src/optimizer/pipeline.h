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

struct Pass {
  const char* name;
  Rules rules;  // or, where there are none, a pass
  void (*pass)(Graph&, RewriteLog&) = nullptr;
};
const std::vector<Pass>& passes();  // in the order they run

// `after` sees the graph behind every pass, by the pass's name: to print it, or to stop the time.
RewriteLog optimize(Graph& graph, const PipelineOptions& options, FunctionRef<void(const char*, const Graph&)> after);

}  // namespace tenon
