// The driver of rules; the rules' own cases are text, see rules/.
#include "optimizer/rewriter.h"

#include <gtest/gtest.h>

#include "ir/text.h"
#include "optimizer/passes/passes.h"
#include "optimizer/pipeline.h"
#include "optimizer/rules/rules.h"

namespace tenon {
namespace {

std::string after(const char* text, Rules rules, RewriteLog* log = nullptr) {
  Graph graph = parse(text);
  RewriteLog mine;
  Rewriter::run(graph, rules, log ? *log : mine);
  return to_text(graph);
}

constexpr const char* norm_after_conv =
    "x = input() type=f32[1,1,2,2]\n"
    "w = constant() data=f32[1,1,1,1]{2}\n"
    "p = constant() data=f32[1]{3}\n"
    "m = constant() data=f32[1]{1}\n"
    "v = constant() data=f32[1]{4}\n"
    "c = conv(x, w)\n"
    "y = batch_norm(c, p, p, m, v) epsilon=0\n";

TEST(MergeEqual, the_first_of_equal_nodes_serves_all) {
  Graph graph = parse("x = input() type=f32[2]\na = relu(x)\nb = relu(x)\nc = exp(x)\ny = add(a, b)\nreturn y, b, c\n");
  RewriteLog log;
  merge_equal(graph, log);
  EXPECT_EQ(to_text(graph),
            "x = input() type=f32[2] : f32[2]\n"
            "a = relu(x) : f32[2]\n"
            "c = exp(x) : f32[2]\n"
            "y = add(a, a) : f32[2]\n"
            "return y, a as b, c\n");
}

TEST(Rewriter, stops_after_as_many_rewrites_as_asked) {
  RewriteLog log;
  log.limit = 1;
  after("x = input() type=f32[2]\na = identity(x)\nb = identity(a)\ny = relu(b)\nreturn y\n", cancel_moves, &log);
  EXPECT_EQ(log.rewrites, 1);
}

TEST(Rewriter, provenance_survives) {
  Graph graph = parse(std::string(norm_after_conv) + "return y\n");
  optimize(graph, {}, [](const char*, const Graph&) {});
  EXPECT_TRUE(graph.outputs()[0].value->producer->origins().contains("y"));
  EXPECT_TRUE(graph.outputs()[0].value->producer->origins().contains("c"));
}

}  // namespace
}  // namespace tenon
