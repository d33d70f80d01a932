#include "regions/integer/tail.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/isa.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "regions/integer/affine.h"

namespace tenon {

namespace {

// Columns of the tail's rows are the channels of a convolution, the last axis of a product.
bool one_for_each_column(const Weights& w, const Value& result, bool channels) {
  int rank = result.type().rank(), axis = channels ? 1 : rank - 1;
  if (w->extents.rank > rank) return false;
  for (int d = 0; d < w->extents.rank; ++d)
    if (d + rank - w->extents.rank != axis && w->extents[d] != 1) return false;
  return true;
}

std::vector<const Value*> inputs_of(const Integers& region) {
  std::vector<const Value*> inputs{&region.anchor->output()};
  if (region.tail.empty()) return inputs;
  for (const Value* v : Region(region.tail).inputs)
    if (v != inputs[0]) inputs.push_back(v);
  return inputs;
}

}  // namespace

const char* integer_sides(const Integers& region, std::vector<IntegerSide>& sides) {
  const Value& result = region.anchor->output();
  for (const Value* v : inputs_of(region)) {
    if (v == &result) continue;
    IntegerSide& side = sides.emplace_back(IntegerSide{v, {}, nullptr});
    Weights w = constant_of(*v);
    if (w && w->extents.count() == 1 && w->extents.rank <= result.type().rank())
      side.number = load_scalar(w->data, w->element);
    else if (w && one_for_each_column(w, result, as<Conv>(*region.anchor))) side.columns = w;
    else if (v->shape() != result.shape())
      return "an operand of the tail is neither a number, nor per column, nor whole";
  }
  return sides.size() + 1 > size_t(max_pointwise_inputs) ? "the tail has too many operands" : nullptr;
}

IntegerTail::IntegerTail(const Integers& region, const Offer& offer)
    : sum_type_(region.anchor->output().element()), all_columns_(region.columns) {
  std::vector<IntegerSide> sides;
  check(!integer_sides(region, sides), ErrorId::internal, "an offer on integers no longer matches its graph");
  std::vector<std::optional<Scalar>> known(1);
  for (const IntegerSide& s : sides) {
    known.push_back(s.number);
    auto at = std::find_if(offer.operands.begin(), offer.operands.end(),
                           [&](const Operand& o) { return o.value == s.value; });
    int operand = s.number || s.columns ? -1 : int(at - offer.operands.begin());
    sides_.push_back({size_bytes(s.value->element()), s.columns, operand});
  }
  std::vector<const Value*> inputs = inputs_of(region);
  std::optional<Expression> e = expression_of(region.tail, inputs);
  check(e.has_value(), ErrorId::internal, "a tail with a node that is not pointwise");
  if (region.tail.empty()) e->result = 0;  // the sums themselves
  program_ = compile_pointwise(*e, known);
  std::optional<Affine> affine = read_affine(*e, known, sides, all_columns_);
  if (!affine) return;
  plain_ = true;
  add_ = affine->add, side_ = affine->side;
  numbers_[0] = std::move(affine->factor), numbers_[1] = std::move(affine->shift);
  double largest_shift = 0;
  bool small = true;
  for (size_t i : {0, 1})
    for (float x : numbers_[i]) {
      float& by_scale = numbers_[i + 2].emplace_back(x / affine->scale);
      small = small && std::isfinite(by_scale);
      small = small && (i == 1 || std::abs(by_scale) <= most_near_factor);
      if (i == 1) largest_shift = std::max(largest_shift, double(std::abs(by_scale)));
    }
  float margin = finish_margin(largest_shift);
  bool near = small && margin <= most_margin;
  finish_ = {numbers_[0].data(),
             numbers_[1].data(),
             near ? numbers_[2].data() : nullptr,
             near ? numbers_[3].data() : nullptr,
             affine->scale,
             affine->low,
             affine->high,
             affine->zero,
             affine->is_signed,
             margin};
}

int64_t IntegerTail::scratch_bytes(int64_t rows, int64_t columns) const {
  int64_t elements = checked_mul(rows, columns);
  if (plain_) return add_ ? align_up(elements, 64) : 0;
  return align_up(checked_mul(elements, size_bytes(sum_type_)), 64) +
         align_up(checked_mul(elements, size_bytes(program_.result)), 64);
}

void IntegerTail::finish(const Call& call, const Tile& t, std::byte* scratch) const {
  if (plain_) finish_bytes_of(call, t, scratch);
  else finish_program(call, t, scratch);
}

void IntegerTail::finish_bytes_of(const Call& call, const Tile& t, std::byte* scratch) const {
  auto* run = by_isa(finish_bytes<4>, finish_bytes<8>, finish_bytes<16>);
  auto* add = by_isa(add_bytes<4>, add_bytes<8>, add_bytes<16>);
  ByteFinish part = finish_;
  part.factor += t.first_column, part.shift += t.first_column;
  if (part.near_factor) part.near_factor += t.first_column, part.near_shift += t.first_column;
  int64_t first = t.first_row * all_columns_ + t.first_column;
  BytesOut to{call.out[0].as<std::byte>() + first, all_columns_};
  BytesOut made = add_ ? BytesOut{scratch, t.columns} : to;
  run(part, {t.sums, t.step}, t.rows, t.columns, made);
  if (!add_) return;
  const auto* other = call.in[size_t(sides_[size_t(side_)].operand)].as<std::byte>() + first;
  add(*add_, {made.data, made.step}, {other, all_columns_}, t.rows, t.columns, to);
}

void IntegerTail::finish_program(const Call& call, const Tile& t, std::byte* scratch) const {
  int64_t bytes = size_bytes(program_.result);
  for (int64_t r = 0; r < t.rows; ++r) {
    const int32_t* from = t.sums + r * t.step;
    int64_t at = r * t.columns;
    if (sum_type_ == ElementType::f32) std::copy_n(from, t.columns, reinterpret_cast<float*>(scratch) + at);
    else if (sum_type_ == ElementType::f64) std::copy_n(from, t.columns, reinterpret_cast<double*>(scratch) + at);
    else std::copy_n(from, t.columns, reinterpret_cast<int32_t*>(scratch) + at);
  }
  Extents tile{t.rows, t.columns};
  std::array<PointwiseOperand, max_pointwise_inputs> inputs;
  inputs[0] = {scratch, size_bytes(sum_type_), tile, {t.columns, 1}};
  for (size_t i = 0; i < sides_.size(); ++i) {
    const Side& s = sides_[i];
    if (s.columns) {
      inputs[i + 1] = {s.columns->data + t.first_column * s.bytes, s.bytes, tile, {0, 1}};
    } else if (s.operand >= 0) {
      const auto* data = call.in[size_t(s.operand)].as<std::byte>();
      int64_t first = t.first_row * all_columns_ + t.first_column;
      inputs[i + 1] = {data + first * s.bytes, s.bytes, tile, {all_columns_, 1}};
    }
  }
  auto* to = call.out[0].as<std::byte>() + (t.first_row * all_columns_ + t.first_column) * bytes;
  bool whole = t.columns == all_columns_;
  std::byte* made = whole ? to : scratch + align_up(t.rows * t.columns * size_bytes(sum_type_), 64);
  run_pointwise(program_, {inputs.data(), sides_.size() + 1}, made, 0, t.rows * t.columns);
  for (int64_t r = 0; !whole && r < t.rows; ++r)
    std::memcpy(to + r * all_columns_ * bytes, made + r * t.columns * bytes, size_t(t.columns * bytes));
}

}  // namespace tenon
