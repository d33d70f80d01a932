// Rules, before and after, in text; refusals by their reasons.
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

bool says(const RewriteLog& log, const std::string& line) { return log.lines.contains(line); }

TEST(CancelMoves, transposes_that_undo_each_other_vanish) {
  EXPECT_EQ(after("x = input() type=f32[2,3,4]\n"
                  "a = transpose(x) permutation=1,2,0\n"
                  "b = transpose(a) permutation=2,0,1\n"
                  "y = relu(b)\n"
                  "return y\n",
                  cancel_moves),
            "x = input() type=f32[2,3,4] : f32[2,3,4]\n"
            "y = relu(x) : f32[2,3,4]\n"
            "return y\n");
}

TEST(CancelMoves, an_inner_transpose_with_other_users_stays) {
  EXPECT_EQ(after("x = input() type=f32[2,3]\n"
                  "a = transpose(x)\n"
                  "b = transpose(a)\n"
                  "return a, b\n",
                  cancel_moves),
            "x = input() type=f32[2,3] : f32[2,3]\n"
            "a = transpose(x) : f32[3,2]\n"
            "return a, x as b\n");
}

TEST(CancelMoves, a_reshape_takes_its_target_where_it_is_known) {
  EXPECT_EQ(after("x = input() type=f32[N,2,3]\n"
                  "s = constant() data=i64[2]{0,-1}\n"
                  "y = reshape(x, s) from_operand=true\n"
                  "return y\n",
                  cancel_moves),
            "x = input() type=f32[N,2,3] : f32[N,2,3]\n"
            "y = reshape(x) shape=[N,6] allow_zero=true : f32[N,6]\n"
            "return y\n");
}

TEST(FoldConstants, what_depends_on_constants_alone_is_computed) {
  EXPECT_EQ(after("a = constant() data=f32[2]{1,2}\n"
                  "b = constant() data=f32[2]{3,4}\n"
                  "x = input() type=f32[2]\n"
                  "c = add(a, b)\n"
                  "y = mul(x, c)\n"
                  "return y\n",
                  fold_constants),
            "x = input() type=f32[2] : f32[2]\n"
            "c = constant() data=f32[2]{4,6} : f32[2]\n"
            "y = mul(x, c) : f32[2]\n"
            "return y\n");
}

TEST(FoldConstants, extents_that_are_known_become_constants) {
  EXPECT_EQ(after("x = input() type=f32[N,3]\n"
                  "s = shape(x) start=1\n"
                  "return s\n",
                  fold_constants),
            "x = input() type=f32[N,3] : f32[N,3]\n"
            "s = constant() data=i64[1]{3} : i64[1]\n"
            "return s\n");
}

constexpr const char* norm_after_conv =
    "x = input() type=f32[1,1,2,2]\n"
    "w = constant() data=f32[1,1,1,1]{2}\n"
    "p = constant() data=f32[1]{3}\n"
    "m = constant() data=f32[1]{1}\n"
    "v = constant() data=f32[1]{4}\n"
    "c = conv(x, w)\n"
    "y = batch_norm(c, p, p, m, v) epsilon=0\n";

TEST(FoldIntoConv, a_batch_norm_becomes_weights_and_bias) {
  Graph graph = parse(std::string(norm_after_conv) + "return y\n");
  optimize(graph, {}, [](const char*, const Graph&) {});
  std::string text = to_text(graph);  // w * 3/2 = 3, (0 - 1) * 3/2 + 3 = 1.5
  EXPECT_NE(text.find("f32[1,1,1,1]{3}"), text.npos) << text;
  EXPECT_NE(text.find("f32[1]{1.5}"), text.npos) << text;
  EXPECT_EQ(text.find("batch_norm"), text.npos) << text;
}

TEST(FoldIntoConv, a_conv_with_other_users_is_left_alone) {
  RewriteLog log;
  std::string text = after((std::string(norm_after_conv) + "return y, c\n").c_str(), fold_into_conv, &log);
  EXPECT_NE(text.find("batch_norm"), text.npos);
  EXPECT_TRUE(says(log, "fold_batch_norm not at 'y': conv has other users"));
}

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
