// Runs the cases beside rules (text_case.h): src/optimizer/rules/GROUP.test holds those of one group. Every rule must
// be seen at work, and every reason that GROUP.cpp can give must be given.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <regex>

#include "ir/fields_text.h"
#include "optimizer/pipeline.h"
#include "run_built.h"
#include "text_case.h"

namespace tenon {
namespace {

// The expression that a value is, down to inputs and constants: names and the order of nodes do not matter.
std::string expression(const Value& v) {
  const Node& node = *v.producer;
  if (std::string_view(node.info().name) == "input") return v.name;
  std::string text = concat(node.info().name, fields_text(node.op(), WeightsText::inlined), "(");
  for (const Value* in : node.inputs()) text += expression(*in) + " ";
  return text + (v.index ? concat(")#", v.index) : ")");
}

std::string expressions(const Graph& graph) {
  std::string text;
  for (const Graph::Output& out : graph.outputs()) text += expression(*out.value) + "\n";
  return text;
}

double value_at(const Tensor& t, int64_t i) {
  Scalar s = load_scalar(t.data + i * size_bytes(t.element), t.element);
  return any_float_types.contains(t.element) ? s.f : double(s.i);
}

struct Group {
  Rules rules;
  std::set<std::string> applied, reasons;  // over all its cases
};

// Rules keep their meaning: what the reference computes before, it computes afterwards; what fails, fails.
void expect_same_values(const TextCase& c, const Graph& before, const Graph& after) {
  for (const Binding& binding : c.bindings()) {
    Values inputs = c.inputs("", binding), expected;
    try {
      expected = run_built(clone(before), inputs, false);
    } catch (const Error&) {
      EXPECT_THROW(run_built(clone(after), inputs, false), Error);
      continue;
    }
    Values found = run_built(clone(after), inputs, false);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      double largest = 0;
      for (int64_t k = 0; k < expected[i]->extents.count(); ++k)
        if (double v = std::abs(value_at(*expected[i], k)); std::isfinite(v)) largest = std::max(largest, v);
      for (int64_t k = 0; k < expected[i]->extents.count(); ++k) {
        double a = value_at(*found[i], k), b = value_at(*expected[i], k);
        if (std::isfinite(b)) ASSERT_NEAR(a, b, 1e-6 * largest) << "output " << i << " at " << k;
        else ASSERT_EQ(to_text(a), to_text(b)) << "output " << i << " at " << k;
      }
    }
  }
}

void run_case(const TextCase& c, Group& group) {
  Graph graph = c.graph("", c.bindings().back()), before = clone(graph);
  RewriteLog log;
  log.of_any_op = true;
  Rewriter::run(graph, group.rules, log);
  for (const std::string& line : log.lines) {
    if (size_t at = line.find(" not at '"); at != line.npos) group.reasons.insert(line.substr(line.find("': ") + 3));
    else group.applied.insert(line.substr(0, line.find(" at '")));
  }
  if (std::string kept = "unchanged \""; c.after.starts_with(kept)) {
    std::string reason = c.after.substr(kept.size(), c.after.size() - kept.size() - 1), all;
    bool given = false;
    for (const std::string& line : log.lines) given = given || line.ends_with("': " + reason), all += line + "\n";
    EXPECT_TRUE(given) << all;
    EXPECT_EQ(expressions(graph), expressions(before));
  } else EXPECT_EQ(expressions(graph), expressions(c.graph_after()));
  expect_same_values(c, before, graph);
}

TEST(Rules, do_what_their_cases_say) {
  std::map<std::string, Group> groups;
  for (const Pass& pass : passes())
    if (!pass.pass) groups[pass.name].rules = pass.rules;
  for (const auto& [name, c] : cases_under("optimizer/rules")) {
    SCOPED_TRACE(concat(name, ".test: ", c.name));
    ASSERT_TRUE(groups.contains(name)) << "no group of rules has this name";
    EXPECT_FALSE(c.after.empty()) << "expected -> and the graph afterwards, or -> unchanged \"reason\"";
    run_case(c, groups[name]);
  }
  for (const auto& [name, group] : groups) {
    for (const Rule& rule : group.rules)
      EXPECT_TRUE(group.applied.contains(rule.name)) << name << ".test has no case of " << rule.name;
    std::ifstream file(concat(source_folder(), "/src/optimizer/rules/", name, ".cpp"));
    std::string text(std::istreambuf_iterator<char>(file), {});
    std::regex given("(?:no\\(|return )\"([^\"]+)\"");
    for (std::sregex_iterator at(text.begin(), text.end(), given), end; at != end; ++at)
      EXPECT_TRUE(group.reasons.contains((*at)[1])) << name << ".test has no case of the refusal " << (*at)[1];
  }
}

}  // namespace
}  // namespace tenon
