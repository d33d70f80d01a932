#include "run_built.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "runtime/context.h"
#include "tenon/build.h"

namespace tenon {

Values run_built(Graph graph, const Values& inputs, bool optimize, std::string* plans) {
  Built built = build(std::move(graph), {.threads = 1, .optimize = optimize, .plans = plans ? *plans : ""});
  EXPECT_THAT(built.notes, testing::IsEmpty());
  if (plans) *plans = built.plans;
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
    if (!any_float_types.contains(found.element)) ASSERT_EQ(a.i, b.i) << "at " << i;
    else if (std::isnan(b.f) || std::isinf(b.f) || small_types.contains(found.element))
      ASSERT_EQ(to_text(a.f), to_text(b.f)) << "at " << i;
    else ASSERT_NEAR(a.f, b.f, relative * std::abs(b.f) + 1e-7) << "at " << i;
  }
}

}  // namespace tenon
