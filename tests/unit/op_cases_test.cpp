// Runs the text cases beside operators and regions (text_case.h), so that adding a case compiles nothing: the whole
// graph as a build covers it, the same after an engine file, and every offer against the reference.
#include <gtest/gtest.h>

#include "offers_check.h"
#include "plan/engine_file.h"
#include "run_built.h"

namespace tenon {
namespace {

// Offers behind a late node come stage by stage, from sizes that no case names: whole runs stand for them.
void check_late(const Graph& graph, const Values& inputs, const Binding& binding, const Values& found) {
  ValuesOf values = reference_values(graph, inputs, binding);
  for (size_t i = 0; i < found.size(); ++i) expect_near(*found[i], *values.at(graph.outputs()[i].value));
}

void run_case(const TextCase& c, const std::string& type) {
  std::vector<Binding> bindings = c.bindings();
  for (const Binding& binding : bindings) {
    Values inputs = c.inputs(type, binding);
    Graph graph = c.graph(type, bindings.back());
    bool late = has_late(graph);
    std::string plans, stored;
    Values fast = run_built(clone(graph), inputs, true, &plans);
    auto file = std::make_shared<std::vector<std::byte>>();
    EngineBytes engine = write_engine(graph, plans);
    for (auto part : engine.parts) file->insert(file->end(), part.begin(), part.end());
    Graph read = read_engine(file, &stored);
    ASSERT_EQ(stored, plans);
    Values loaded = run_built(std::move(read), inputs, true, &stored);
    EXPECT_EQ(stored, plans) << "the engine's plan was taken over";
    ASSERT_TRUE(equal_bytes(*fast[0], *loaded[0])) << "after an engine file";
    if (late) {
      ASSERT_TRUE(c.by.empty() && c.refused.empty()) << "offers of late nodes are not looked at";
      check_late(graph, inputs, binding, fast);
    }
    if (c.expected.empty()) continue;
    expect_near(*run_built(std::move(graph), inputs, false)[0], *parse_weights(c.expected));
    expect_near(*fast[0], *parse_weights(c.expected));
  }
  if (has_late(c.graph(type, bindings.back()))) return;
  if (!testing::Test::HasFailure()) check_offers(c, type);
  if (!testing::Test::HasFailure()) check_offers_on_device(c, type);
}

class CaseTest : public testing::Test {
 public:
  explicit CaseTest(TextCase c) : case_(std::move(c)) {}
  void TestBody() override {
    for (const std::string& type : case_.types) {
      SCOPED_TRACE(type);
      try {
        run_case(case_, type);
        EXPECT_TRUE(case_.error.empty()) << "expected the error: " << case_.error;
      } catch (const Error& e) {
        if (case_.error.empty()) FAIL() << e.what();
        EXPECT_NE(std::string(e.what()).find(case_.error), std::string::npos) << e.what();
      }
    }
  }

 private:
  TextCase case_;
};

// Before main: one test for each case.
const bool registered = [] {
  for (const char* folder : {"ops", "regions"})
    for (const auto& [file, c] : cases_under(folder))
      testing::RegisterTest((folder + ("_" + file)).c_str(), c.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [c = c]() -> CaseTest* { return new CaseTest(c); });
  return true;
}();

}  // namespace
}  // namespace tenon
