#include "ops/bitwise/bitwise.h"

#include <array>

#include "base/dispatch.h"
#include "ops/known.h"
#include "ops/pointwise.h"

namespace tenon {

namespace {

struct Row {
  const char* name;
  ElementSet types;
  uint64_t (*f)(uint64_t a, uint64_t b, int bits);  // of elements widened by zeros; higher bits of the result are cut
  int operands = 2;
};

// Definitions: the ONNX operators of these names (opset 18; BitShift 11). A shift by all bits or more gives 0.
constexpr Row rows[] = {
    {"bit_and", integer_types, [](uint64_t a, uint64_t b, int) { return a & b; }},
    {"bit_or", integer_types, [](uint64_t a, uint64_t b, int) { return a | b; }},
    {"bit_xor", integer_types, [](uint64_t a, uint64_t b, int) { return a ^ b; }},
    {"bit_not", integer_types, [](uint64_t a, uint64_t, int) { return ~a; }, 1},
    {"shift_left", unsigned_types, [](uint64_t a, uint64_t b, int bits) { return b < uint64_t(bits) ? a << b : 0; }},
    {"shift_right", unsigned_types, [](uint64_t a, uint64_t b, int bits) { return b < uint64_t(bits) ? a >> b : 0; }},
};

constexpr auto infos = [] {
  std::array<OpInfo, std::size(rows)> list{};
  for (size_t i = 0; i < list.size(); ++i)
    list[i] = {rows[i].name, [](int row) -> std::unique_ptr<Op> { return std::make_unique<Bitwise>(row); }, int(i)};
  return list;
}();

}  // namespace

extern const OpInfos bitwise_ops;
const OpInfos bitwise_ops = infos;

const OpInfo& Bitwise::info() const { return infos[size_t(row)]; }

Types Bitwise::infer(const Inputs& in) const {
  in.check_count(rows[row].operands, rows[row].operands);
  in.check_element(0, rows[row].types, "the first operand");
  in.check_same_element(0, rows[row].operands - 1);
  return {TensorType{in[0].element, broadcast_all(in)}};
}

void Bitwise::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  const ConstView &a = in[0], &b = in[in.size() - 1];
  std::array<Extents, 2> strides{broadcast_strides(a.extents, out[0].extents),
                                 broadcast_strides(b.extents, out[0].extents)};
  Walk<2> walk(out[0].extents, strides);
  int64_t count = out[0].count();
  dispatch_size(a.element, [&]<class T>() {
    for (int64_t i = 0; i < count; ++i, walk.next())
      out[0].as<T>()[i] = T(rows[row].f(a.as<T>()[walk.offset(0)], b.as<T>()[walk.offset(1)], int(8 * sizeof(T))));
  });
}

}  // namespace tenon
