// Runs the text cases beside operators and regions (text_case.h), so that adding a case compiles nothing: the whole
// graph as a build covers it, the same after an engine file, and every offer against the reference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "offers_check.h"
#include "plan/engine_file.h"
#include "runtime/context.h"
#include "tenon/build.h"

namespace tenon {
namespace {

using Values = std::vector<Weights>;

Values run(Graph graph, const Values& inputs, bool optimize, std::string* plans) {
  Built built = build(std::move(graph), {.threads = 1, .optimize = optimize, .plans = *plans});
  EXPECT_THAT(built.notes, testing::IsEmpty());
  *plans = built.plans;
  ExecutionContext context(built.plan, 1);
  std::vector<Extents> extents;
  std::vector<const void*> from;
  for (const Weights& w : inputs) extents.push_back(w->extents), from.push_back(w->data);
  context.set_shapes(extents);
  Values outputs;
  std::vector<void*> to;
  for (size_t i = 0; i < built.plan->outputs.size(); ++i) {
    View view;
    outputs.push_back(make_weights(built.plan->outputs[i].type.element, context.output_extents(int(i)), view));
    to.push_back(view.data);
  }
  context.run(from, to);
  return outputs;
}

void expect_near(const Tensor& found, const Tensor& expected) {
  ASSERT_EQ(to_text(found.element), to_text(expected.element));
  ASSERT_EQ(found.extents, expected.extents);
  double relative = found.element == ElementType::f64 ? 1e-12 : found.element == ElementType::f32 ? 1e-5 : 1e-2;
  for (int64_t i = 0; i < found.extents.count(); ++i) {
    Scalar a = load_scalar(found.data + i * size_bytes(found.element), found.element);
    Scalar b = load_scalar(expected.data + i * size_bytes(found.element), found.element);
    if (!float_types.contains(found.element)) ASSERT_EQ(a.i, b.i) << "at " << i;
    else if (std::isnan(b.f) || std::isinf(b.f)) ASSERT_EQ(to_text(a.f), to_text(b.f)) << "at " << i;
    else ASSERT_NEAR(a.f, b.f, relative * std::abs(b.f) + 1e-7) << "at " << i;
  }
}

void run_case(const TextCase& c, const std::string& type) {
  std::vector<Binding> bindings = c.bindings();
  for (const Binding& binding : bindings) {
    Values inputs = c.inputs(type, binding);
    Graph graph = c.graph(type, bindings.back());
    std::string plans, stored, none;
    Values fast = run(clone(graph), inputs, true, &plans);
    auto file = std::make_shared<std::vector<std::byte>>();
    EngineBytes engine = write_engine(graph, plans);
    for (auto part : engine.parts) file->insert(file->end(), part.begin(), part.end());
    Graph read = read_engine(file, &stored);
    ASSERT_EQ(stored, plans);
    Values loaded = run(std::move(read), inputs, true, &stored);
    EXPECT_EQ(stored, plans) << "the engine's plan was taken over";
    ASSERT_TRUE(equal_bytes(*fast[0], *loaded[0])) << "after an engine file";
    if (c.expected.empty()) continue;
    expect_near(*run(std::move(graph), inputs, false, &none)[0], *parse_weights(c.expected));
    expect_near(*fast[0], *parse_weights(c.expected));
  }
  if (!testing::Test::HasFailure()) check_offers(c, type);
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
