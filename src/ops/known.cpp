#include "ops/known.h"

namespace tenon {

static TensorType type_of(const ConstView& view) {
  TensorType type{view.element, {}};
  for (int64_t d : view.extents) {
    check(d >= 0, "a tensor has extents ", view.extents);
    type.shape.push_back(d);
  }
  return type;
}

KnownInputs::KnownInputs(ConstViews in) {
  for (const ConstView& view : in) {
    types_.push_back(type_of(view));
    contents_.emplace_back();
    bool counts = view.element == ElementType::i64 || view.element == ElementType::i32;
    bool there = view.data || view.count() == 0;  // an empty list is known without memory
    if (!counts || !there || view.count() > max_contents) continue;
    Contents list;
    for (int64_t i = 0; i < view.count(); ++i)
      list.push_back(view.element == ElementType::i64 ? view.as<int64_t>()[i] : view.as<int32_t>()[i]);
    contents_.back() = std::move(list);
  }
  for (size_t i = 0; i < types_.size(); ++i) operands_.push_back({&types_[i], contents_[i] ? &*contents_[i] : nullptr});
}

void check_extents(const Op& op, ConstViews in, Views out) {
  Types types = op.infer(KnownInputs(in).inputs());
  check(types.size() == out.size(), ErrorId::internal, "there is room for ", out.size(), " results of ", types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    const TensorType &expected = std::get<TensorType>(types[i]), found = type_of(out[i]);
    bool same = expected.element == found.element && expected.rank() == found.rank();
    for (size_t d = 0; same && d < found.shape.size(); ++d)  // fields may still hold symbols
      same = !expected.shape[d].known() || expected.shape[d] == found.shape[d];
    check(same, "the result is ", expected, ", there is room for ", found);
  }
}

}  // namespace tenon
