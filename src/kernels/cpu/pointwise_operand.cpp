#include "kernels/cpu/pointwise_operand.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/pointwise_functions.h"

namespace tenon {

PointwiseOperand::PointwiseOperand(const void* data, int64_t element_bytes, const Extents& extents,
                                   const Extents& strides)
    : data_(data), element_bytes_(element_bytes) {
  for (int d = extents.rank - 1; d >= 0; --d) {
    if (extents[d] == 1) continue;
    int last = extents_.rank - 1;
    if (last >= 0 && strides[d] == strides_[last] * extents_[last]) {
      extents_[last] *= extents[d];
      continue;
    }
    extents_.push(extents[d]);
    strides_.push(strides[d]);
  }
  if (extents_.rank == 0) extents_.push(1), strides_.push(0);
}

PointwiseOperand::Sight PointwiseOperand::look(int64_t first, int count, void* buffer) const {
  switch (element_bytes_) {
    case 1: return look_at(first, count, static_cast<uint8_t*>(buffer));
    case 2: return look_at(first, count, static_cast<uint16_t*>(buffer));
    case 4: return look_at(first, count, static_cast<uint32_t*>(buffer));
    default: return look_at(first, count, static_cast<uint64_t*>(buffer));
  }
}

template <class T>
PointwiseOperand::Sight PointwiseOperand::look_at(int64_t first, int count, T* buffer) const {
  int64_t place = first % extents_[0], offset = place * strides_[0], rest = first / extents_[0];
  if (place + count <= extents_[0]) {  // one row holds them all
    for (int d = 1; rest; rest /= extents_[d++]) offset += rest % extents_[d] * strides_[d];
    const T* from = static_cast<const T*>(data_) + offset;
    if (strides_[0] == 0) {
      std::fill_n(buffer, pointwise_group, *from);
      return {buffer, 0};
    }
    if (strides_[0] == 1 && count % pointwise_group == 0) return {from, 1};
  }
  gather(first, count, buffer);
  std::fill(buffer + count, buffer + (count + pointwise_group - 1) / pointwise_group * pointwise_group, T());
  return {buffer, 1};
}

template <class T>
static void fill(T value, int64_t count, T* to) {
  T group[pointwise_group];
  std::fill_n(group, pointwise_group, value);
  for (; count >= pointwise_group; count -= pointwise_group, to += pointwise_group)
    std::memcpy(to, group, sizeof group);
  for (int64_t i = 0; i < count; ++i) to[i] = value;
}

// `from`, `period` elements long, again and again from its element `phase` on: doubles what is there already.
template <class T>
static void repeat(const T* from, int64_t period, int64_t phase, int64_t count, T* to) {
  int64_t done = std::min(period - phase, count), more = std::min(phase, count - done);
  std::memcpy(to, from + phase, size_t(done) * sizeof(T));
  std::memcpy(to + done, from, size_t(more) * sizeof(T));
  for (done += more; done < count; done += more) {
    more = std::min(done, count - done);
    std::memcpy(to + done, to, size_t(more) * sizeof(T));
  }
}

template <class T>
void PointwiseOperand::gather(int64_t first, int count, T* buffer) const {
  // A row is what one repetition of the two innermost axes makes: its elements are a run, again and again, or strided.
  bool repeats = extents_.rank > 1 && strides_[0] == 1 && strides_[1] == 0;
  int outer = repeats ? 2 : 1;
  int64_t row = repeats ? extents_[0] * extents_[1] : extents_[0];
  int64_t place = first % row, rest = first / row, offset = 0;
  Extents at = extents_;
  for (int d = outer; d < extents_.rank; rest /= extents_[d++]) offset += (at[d] = rest % extents_[d]) * strides_[d];
  for (int64_t done = 0;; place = 0) {
    int64_t run = std::min(row - place, count - done);
    const T* from = static_cast<const T*>(data_) + offset;
    if (repeats || strides_[0] == 1) repeat(from, extents_[0], place % extents_[0], run, buffer + done);
    else if (strides_[0] == 0) fill(*from, run, buffer + done);
    else
      for (int64_t i = 0; i < run; ++i) buffer[done + i] = from[(place + i) * strides_[0]];
    if ((done += run) == count) return;
    for (int d = outer; d < extents_.rank; ++d) {
      offset += strides_[d];
      if (++at[d] < extents_[d]) break;
      offset -= strides_[d] * extents_[d];
      at[d] = 0;
    }
  }
}

}  // namespace tenon
