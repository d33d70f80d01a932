// Quantization by blocks, and by scales that follow from the numbers: generation 10.
#include "layers.h"

using Shape = std::vector<int64_t>;

// The positive numbers of kFP4 and kFP8, in their order; of two that are equally near the one with an even code wins.
static Numbers fp4() { return {0, 0.5, 1, 1.5, 2, 3, 4, 6}; }
static Numbers fp8() {
  Numbers list;
  for (int code = 0; code < 127; ++code)
    list.push_back(code < 8 ? std::ldexp(code, -9) : std::ldexp(1 + (code & 7) / 8., (code >> 3) - 7));
  return list;
}
static double nearest(Numbers const& list, double x) {
  size_t best = 0;
  for (size_t i = 1; i < list.size(); ++i) {
    double d = std::fabs(list[i] - std::fabs(x)), least = std::fabs(list[best] - std::fabs(x));
    if (d < least || (d == least && i % 2 == 0)) best = i;
  }
  return x < 0 ? -list[best] : list[best];
}
static double whole(double x) { return std::min(std::max(std::nearbyint(x), -128.), 127.); }

// For each element of [rows,columns], the place of its block's scale.
static std::vector<size_t> places(int64_t rows, int64_t columns, int64_t high, int64_t wide) {
  std::vector<size_t> list;
  int64_t across = (columns + wide - 1) / wide;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) list.push_back(size_t(i / high * across + j / wide));
  return list;
}

static void blocks() {
  Net net(__LINE__);
  Numbers v = mapped(some(6 * 8), [](double t) { return t * 20; });
  ITensor *x = net.in({6, 8}, v), *open = net.in({6, 8}, v, DataType::kFLOAT, {0});
  struct Row {
    Shape block, scale;
    int64_t high, wide;
    bool cut;  // a last block that is not full
    bool on_open;
  };
  Row const rows[] = {{{1, 4}, {6, 2}, 1, 4, false, true},   {{2, 1}, {3, 8}, 2, 1, false, false},
                      {{-1, 4}, {1, 2}, 6, 4, false, true},  {{2, 4}, {3, 2}, 2, 4, false, false},
                      {{1, -1}, {6, 1}, 1, 8, false, false}, {{1, 1}, {6, 8}, 1, 1, false, false},
                      {{1, 3}, {6, 3}, 1, 3, true, true},    {{-1, -1}, {1, 1}, 6, 8, false, true}};
  for (Row const& r : rows)
    for (ITensor* from : {x, open}) {
      if (from == open && !r.on_open) continue;
      int64_t n = r.scale[0] * r.scale[1];
      Numbers scale = mapped(some(n, unsigned(n)), [](double t) { return std::fabs(t) + 0.25; }), quotients, back;
      std::vector<size_t> at = places(6, 8, r.high, r.wide);
      for (size_t i = 0; i < v.size(); ++i) {
        quotients.push_back(whole(double(float(v[i]) / float(scale[at[i]]))));
        back.push_back(quotients[i] * scale[at[i]]);
      }
      for (bool said : {true, false}) {  // the scale's shape says as much where blocks are full
        if (!said && (r.cut || from == open)) continue;
        ITensor* s = net.constant(r.scale, scale);
        IQuantizeLayer* q = net->addQuantize(*from, *s, DataType::kINT8);
        CHECK(q->getBlockShape().nbDims == -1);
        if (said) CHECK(q->setBlockShape(dims(r.block)) && same(q->getBlockShape(), r.block));
        net.want(q, {6, 8}, quotients);
        IDequantizeLayer* d = net->addDequantize(*q->getOutput(0), *s, DataType::kFLOAT);
        if (said) CHECK(d->setBlockShape(dims(r.block)) && same(d->getBlockShape(), r.block));
        net.want(d, {6, 8}, back);
      }
    }
  // Weights of 4 bits, two in a byte, the first in its low bits; blocks of 3 along the first axis.
  std::string packed;
  Numbers nibbles, right, scale = mapped(some(2 * 3, 9), [](double t) { return std::fabs(t) + 0.5; });
  for (int i = 0; i < 18; ++i) nibbles.push_back((i * 5) % 16 - 8);
  for (int i = 0; i < 18; i += 2)
    packed.push_back(char((int(nibbles[size_t(i)]) & 15) | ((int(nibbles[size_t(i + 1)]) & 15) << 4)));
  for (size_t i = 0; i < 18; ++i) right.push_back(nibbles[i] * scale[i / 9 * 3 + i % 3]);
  net.kept.push_back(packed);
  ITensor* w = net->addConstant(dims({6, 3}), Weights{DataType::kINT4, net.kept.back().data(), 18})->getOutput(0);
  IDequantizeLayer* d = net->addDequantize(*w, *net.constant({2, 3}, scale), DataType::kFLOAT);
  CHECK(d->setBlockShape(dims({3, 1})) && w->getType() == DataType::kINT4);
  net.want(d, {6, 3}, right);
  net.run();

  IQuantizeLayer* wrong = net->addQuantize(*x, *net.constant({3, 2}, Numbers(6, 1)), DataType::kINT8);
  REFUSED(net, !wrong->setBlockShape(dims({0, 4})) && wrong->getBlockShape().nbDims == -1, "1 at least, or -1");
  REFUSED(net, !wrong->setBlockShape(dims({})), "a block of 0 axes");
  wrong->setBlockShape(dims({2, 8}));
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "expected 1 along axis 1");
  wrong->setBlockShape(dims({2}));
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "an extent for each axis");
  IQuantizeLayer* odd = net->addQuantize(*x, *net.constant({4, 8}, Numbers(32, 1)), DataType::kINT8);
  REFUSED(net, odd->getOutput(0)->getDimensions().nbDims == -1, "into blocks of one extent");
  IQuantizeLayer* cut = net->addQuantize(*x, *net.constant({2, 2}, Numbers(4, 1)), DataType::kINT8);
  cut->setBlockShape(dims({4, 4}));
  REFUSED(net, cut->getOutput(0)->getDimensions().nbDims == -1, "which they do not fill");
  REFUSED(net, net->addInput("small", DataType::kINT4, dims({2})) == nullptr, "two in a byte");
  net->markOutput(*w);
  w->setName("small");
  REFUSED(net, net.builder->buildSerializedNetwork(*net.n, *net.config) == nullptr, "'small' is of i4");
}

static void dynamic() {
  Net net(__LINE__);
  Numbers v = some(4 * 32, 3);
  for (size_t i = 0; i < 16; ++i) v[i] = 0;             // a block of nothing
  for (size_t i = 16; i < 32; ++i) v[i] *= 1.0 / 4096;  // small ones
  for (size_t i = 64; i < 96; ++i) v[i] *= 100;
  ITensor* x = net.in({4, 32}, v);
  struct Row {
    DataType to, scale;
    Shape block;
    int64_t high, wide;
    double of_scales;  // 0: none
  };
  using D = DataType;
  Row const rows[] = {{D::kFP4, D::kFP8, {1, 16}, 1, 16, 0.01}, {D::kFP4, D::kFP8, {1, 16}, 1, 16, 0},
                      {D::kFP8, D::kE8M0, {1, 32}, 1, 32, 0},   {D::kFP8, D::kFLOAT, {2, 16}, 2, 16, 0},
                      {D::kINT8, D::kFLOAT, {1, -1}, 1, 32, 0}, {D::kFP8, D::kFLOAT, {-1, -1}, 4, 32, 0},
                      {D::kINT8, D::kE8M0, {-1, 8}, 4, 8, 0}};
  for (Row const& r : rows)
    for (bool by_axis : {true, false}) {
      bool one_axis = r.block[0] == 1 && r.block[1] > 0;
      if (by_axis && !one_axis) continue;
      IDynamicQuantizeLayer* layer = by_axis ? net->addDynamicQuantize(*x, 0, 5, D::kFP8, D::kFLOAT)
                                             : net->addDynamicQuantizeV2(*x, dims(r.block), D::kFP8, D::kFLOAT);
      CHECK(layer->getType() == LayerType::kDYNAMIC_QUANTIZE && layer->getNbOutputs() == 2);
      KEEPS(layer, ToType, r.to);
      KEEPS(layer, ScaleType, r.scale);
      if (by_axis) {
        CHECK(layer->getAxis() == 0 && layer->getBlockSize() == 5 && layer->getBlockShape().nbDims == -1);
        KEEPS(layer, Axis, 1);
        KEEPS(layer, BlockSize, int32_t(r.block[1]));
      } else {
        CHECK(same(layer->getBlockShape(), r.block));
        layer->setBlockShape(dims(r.block));
      }
      if (r.of_scales > 0) layer->setInput(1, *net.constant({}, {r.of_scales}));

      std::vector<size_t> at = places(4, 32, r.high, r.wide);
      Numbers largest(at.back() + 1, 0), scales, elements, back;
      for (size_t i = 0; i < v.size(); ++i) largest[at[i]] = std::max(largest[at[i]], std::fabs(v[i]));
      auto unit = float(r.to == D::kFP4 ? 6 : r.to == D::kFP8 ? 448 : 127);
      if (r.of_scales > 0) unit *= float(r.of_scales);
      for (double l : largest) {
        float s = float(l) / unit;
        if (r.scale == D::kFP8) s = float(nearest(fp8(), double(s)));
        if (r.scale == D::kE8M0) s = s > 0 ? std::exp2(std::ceil(std::log2(s))) : std::ldexp(1.F, -127);
        scales.push_back(double(s));
      }
      for (size_t i = 0; i < v.size(); ++i) {
        float s = float(scales[at[i]]) * (r.of_scales > 0 ? float(r.of_scales) : 1.F);
        double q = s == 0 ? 0 : double(float(v[i]) / s);
        elements.push_back(r.to == D::kFP4 ? nearest(fp4(), q) : r.to == D::kFP8 ? nearest(fp8(), q) : whole(q));
        back.push_back(elements[i] * double(s));
      }
      Shape counts = {4 / r.high, 32 / r.wide};
      ITensor *y = layer->getOutput(0), *s = layer->getOutput(1);
      CHECK(y->getType() == r.to && s->getType() == r.scale && same(s->getDimensions(), counts));
      net.want(net->addCast(*s, D::kFLOAT), counts, scales, 0);
      net.want(net->addCast(*y, D::kFLOAT), {4, 32}, elements, 0);
      ITensor* applied = net->addCast(*s, D::kFLOAT)->getOutput(0);
      if (r.of_scales > 0) applied = net->addDequantize(*s, *net.constant({}, {r.of_scales}), D::kFLOAT)->getOutput(0);
      IDequantizeLayer* d = net->addDequantize(*y, *applied, D::kFLOAT);
      d->setBlockShape(dims(r.block));
      net.want(d, {4, 32}, back);
    }
  net.run();
  auto shown = [&](IDynamicQuantizeLayer* layer) { return layer->getOutput(0)->getDimensions().nbDims; };
  REFUSED(net, shown(net->addDynamicQuantize(*x, 1, 24, D::kFP4, D::kFP8)) == -1, "which they do not fill");
  REFUSED(net, shown(net->addDynamicQuantize(*x, 1, 0, D::kFP4, D::kFP8)) == -1, "1 is the least");
  REFUSED(net, shown(net->addDynamicQuantize(*x, 2, 16, D::kFP4, D::kFP8)) == -1, "axis 2 is out of range");
  REFUSED(net, shown(net->addDynamicQuantize(*x, 1, 16, D::kINT32, D::kFP8)) == -1, "kFP4, kFP8 or kINT8");
  REFUSED(net, shown(net->addDynamicQuantize(*x, 1, 16, D::kFP4, D::kINT8)) == -1, "scales are kFP8");
  REFUSED(net, net->addDynamicQuantizeV2(*x, dims({1, -2}), D::kFP4, D::kFP8) == nullptr, "1 at least, or -1");
}

int main() {
  blocks();
  dynamic();
  return done("narrow");
}
