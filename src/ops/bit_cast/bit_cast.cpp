#include "ops/bit_cast/bit_cast.h"

#include "base/packed.h"
#include "ops/copy.h"
#include "ops/known.h"

namespace tenon {

OP(BitCast, bit_cast)

Types BitCast::infer(const Inputs& in) const {
  in.check_count(1, 1);
  in.check_element(0, plain_types, "x");
  check(plain_types.contains(to), ErrorId::unsupported_type, "cannot see bits as ", to);
  check(bits_of(to) == bits_of(in[0].element), "elements of ", in[0], " and ", to, " differ in size");
  return {TensorType{to, in[0].shape}};
}

void BitCast::evaluate(ConstViews in, Views out) const {
  check_extents(*this, in, out);
  copy_elements(in[0], out[0]);
  settle_upper_bits(to, {out[0].as<std::byte>(), size_t(out[0].count() * size_bytes(to))});
  if (to != ElementType::boolean) return;
  for (int64_t i = 0; i < out[0].count(); ++i) out[0].as<uint8_t>()[i] = out[0].as<uint8_t>()[i] != 0;
}

}  // namespace tenon
