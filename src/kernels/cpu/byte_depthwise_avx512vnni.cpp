// With VNNI a product of words is added in the same instruction.
#include "kernels/cpu/byte_depthwise_body.h"

namespace tenon {

namespace {

struct VnniStep {
  static Ints<16> add(Ints<16> sum, Ints<16> a, Ints<16> w) {
    return (Ints<16>)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)w);
  }
};

}  // namespace

void depthwise_bytes_vnni(const ByteDepthwise& r) {
  if (r.channels < 16) return depthwise_bytes<8>(r);
  if (r.is_signed) depthwise_of<16, true, VnniStep>(r);
  else depthwise_of<16, false, VnniStep>(r);
}

}  // namespace tenon
