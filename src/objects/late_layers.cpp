#include "objects/late_layers.h"

#include "objects/convert.h"
#include "objects/draft.h"
#include "ops/nms/nms.h"
#include "ops/nonzero/nonzero.h"
#include "ops/transpose/transpose.h"

namespace tenon::objects {

Values NonZeroLayer::build(Draft& draft) const {
  return {&draft.cast(draft.add(NonZero(draft.late_symbol()), {&draft.in(0)}), element_of(indices_type))};
}

bool NonZeroLayer::read(const tenon::Node& node) {
  indices_type = DataType::int64;
  return as<NonZero>(node);
}

void NmsLayer::set_limit(int32_t boxes) {
  check(boxes >= 1, "the limit of boxes is ", boxes, ", expected 1 at least");
  limit = boxes;
}

Values NmsLayer::build(Draft& draft) const {
  const TensorType boxes = draft.type(0), scores = draft.type(1);
  check((boxes.rank() == 3 || boxes.rank() == 4) && scores.rank() == 3, "boxes are ", boxes, " and scores ", scores,
        ", expected [batches,boxes,4] or [batches,boxes,classes,4], and [batches,boxes,classes]");
  Nms op(format == BoundingBoxFormat::center_sizes, draft.late_symbol());
  op.by_score = true;
  op.limit = limit;
  tenon::Value& by_class = boxes.rank() == 4 ? draft.add(Transpose({0, 2, 1, 3}), {&draft.in(0)}) : draft.in(0);
  auto number = [&](int i) -> tenon::Value& { return draft.has(i) ? draft.in(i) : draft.scalar(0, ElementType::f32); };
  tenon::Value& selected = draft.add(
      op, {&by_class, &draft.add(Transpose({0, 2, 1}), {&draft.in(1)}), &draft.in(2), &number(3), &number(4)});
  return {&draft.cast(selected, element_of(indices_type)), &draft.cast(draft.extent(selected, 0), ElementType::i32)};
}

}  // namespace tenon::objects
