// Steps over whole graphs that are no rules: what they need to see is not one hop deep.
#pragma once
#include "optimizer/rewriter.h"

namespace tenon {

void merge_equal(Graph& graph, RewriteLog& log);

}  // namespace tenon
