// The largest byte of every window, where a max pool stands between dequantizing and quantizing alike.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/byte_max.h"
#include "kernels/cpu/isa.h"
#include "ops/constant/constant.h"
#include "ops/dequantize/dequantize.h"
#include "ops/pool/pool.h"
#include "ops/quantize/quantize.h"
#include "regions/integer/product.h"

namespace tenon {

namespace {

// The same constants, or both missing.
bool same(const Node& a, const Node& b, int i) {
  if (a.input_count() <= i || b.input_count() <= i) return a.input_count() <= i && b.input_count() <= i;
  Weights x = constant_of(a.input(i)), y = constant_of(b.input(i));
  return x && y && x->element == y->element && x->extents.count() == 1 && equal_bytes(*x, *y);
}

class ByteMaxPool final : public Kernel {
 public:
  ByteMaxPool(const Pool& pool, bool is_signed) : pool_(pool), is_signed_(is_signed) {}

  void run(const Call& call) const override {
    const ConstView& x = call.in[0];
    const View& y = call.out[0];
    if (y.count() == 0) return;
    Slide height = pool_.slide(0, x[2], pool_.window[0]), width = pool_.slide(1, x[3], pool_.window[1]);
    int64_t channels = x[1];
    auto* largest = by_isa(max_bytes<4>, max_bytes<8>, max_bytes<16>);
    call.workers.run(y[0] * y[2], [&](int64_t line) {
      int64_t image = line / y[2], o = line % y[2];
      Slide::Steps rows = height.taps_of(o);
      std::byte* to = y.as<std::byte>() + line * y[3] * channels;
      for (int64_t p = 0; p < y[3]; ++p, to += channels) {
        Slide::Steps columns = width.taps_of(p);
        bool first = true;
        for (int64_t r = rows.first; r < rows.past; ++r)
          for (int64_t c = columns.first; c < columns.past; ++c) {
            int64_t row = (image * x[2] + height.source(o, r)) * x[3] + width.source(p, c);
            const std::byte* from = x.as<std::byte>() + row * channels;
            if (first) std::memcpy(to, from, size_t(channels));
            else largest(from, channels, is_signed_, to);
            first = false;
          }
        if (first) std::memset(to, is_signed_ ? 0x80 : 0, size_t(channels));  // as -infinity is quantized
      }
    });
  }

 private:
  Pool pool_;
  bool is_signed_;
};

}  // namespace

const char* match_max_pool(const Node& root, IntegerPool& found) {
  found.pool = root.input(0).producer;
  found.before = found.pool->input(0).producer;
  const Node &pool = *found.pool, &before = *found.before;
  if (as<Pool>(pool)->kind != PoolKind::max) return "it is no largest value";
  if (pool.input(0).type().rank() != 4) return "other than two axes";
  if (pool.output().users.size() != 1) return "the largest values have other users";
  bool bytes = before.input(0).element() == ElementType::u8 || before.input(0).element() == ElementType::i8;
  if (!bytes || root.output().element() != before.input(0).element()) return "it is not of bytes";
  if (before.output().element() != ElementType::f32 || before.input(1).element() != ElementType::f32 ||
      as<Quantize>(root)->precision != ElementType::f32)
    return "scales are not f32";
  if (!same(before, root, 1) || !same(before, root, 2)) return "it is dequantized and quantized in other ways";
  // Then every byte comes back as it was, and order stays.
  double scale = load_scalar(constant_of(root.input(1))->data, ElementType::f32).f;
  return scale > 0 && std::isnormal(float(scale)) && scale < 0x1p100 && scale > 0x1p-100 ? nullptr
                                                                                         : "the scale is extreme";
}

std::unique_ptr<Kernel> prepare_integer_max_pool(const IntegerPool& region) {
  return std::make_unique<ByteMaxPool>(*as<Pool>(*region.pool), region.before->input(0).element() == ElementType::i8);
}

}  // namespace tenon
