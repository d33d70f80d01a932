#include "ops/reverse_sequence/reverse_sequence.h"

#include "base/dispatch.h"
#include "ops/indices.h"
#include "ops/known.h"

namespace tenon {

OP(ReverseSequence, reverse_sequence)

Types ReverseSequence::infer(const Inputs& in) const {
  in.check_count(2, 2);
  in.check_element(0, plain_types, "x");
  in.check_element(1, index_types, "the lengths");
  int batch = axis_of(batch_axis, in[0].rank()), time = axis_of(time_axis, in[0].rank());
  check(batch != time, "both axes are ", batch);
  check(in[1].rank() == 1, "the lengths are ", in[1], ", expected a list");
  check_same_extent(in[1].shape[0], in[0].shape[size_t(batch)], "the list of lengths", in[1].shape, in[0].shape);
  return {in[0]};
}

void ReverseSequence::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView& x = in[0];
  int batch = axis_of(batch_axis, x.rank()), time = axis_of(time_axis, x.rank());
  Extents strides = strides_of(x.extents);
  for (int64_t i = 0; i < in[1].count(); ++i) {
    int64_t length = integer_at(in[1], i);
    check(0 <= length && length <= x[time], "length ", length, " at position ", i, " is out of range for extent ",
          x[time]);
  }
  dispatch_size(x.element, [&]<class T>() {
    for (int64_t i = 0, count = x.count(); i < count; ++i) {
      int64_t at = i / strides[time] % x[time], length = integer_at(in[1], i / strides[batch] % x[batch]);
      out[0].as<T>()[i] = x.as<T>()[at < length ? i + (length - 1 - 2 * at) * strides[time] : i];
    }
  });
}

}  // namespace tenon
