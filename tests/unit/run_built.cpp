#include "run_built.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "runtime/program_context.h"
#include "tenon/build.h"

namespace tenon {

Values run_built(Graph graph, const Values& inputs, bool optimize, std::string* plans) {
  Built built = build(std::move(graph), {.threads = 1, .optimize = optimize, .plans = plans ? *plans : ""});
  EXPECT_THAT(built.notes, testing::IsEmpty());
  if (plans) *plans = built.plans;
  ProgramContext context(built.program, 1);
  std::vector<Extents> extents;
  std::vector<const void*> from;
  for (const Weights& w : inputs) extents.push_back(w->extents), from.push_back(w->data);
  context.set_shapes(extents);
  Values outputs;
  std::vector<void*> to;
  for (size_t i = 0; i < built.program->outputs.size(); ++i) {
    std::optional<Extents> known = context.output_extents(int(i));
    View view;
    outputs.push_back(make_weights(built.program->outputs[i].type.element, known.value_or(Extents()), view));
    to.push_back(known ? view.data : nullptr);
  }
  context.run(from, to);
  for (size_t i = 0; i < to.size(); ++i) {
    if (to[i]) continue;
    ConstView made = context.result(int(i));
    View view;
    outputs[i] = make_weights(made.element, made.extents, view);
    if (made.count()) std::memcpy(view.data, made.data, size_t(outputs[i]->bytes()));
  }
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
