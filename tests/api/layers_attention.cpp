// Attention and its kin, mixtures of experts, exchanges between ranks: generation 10.
#include "layers.h"

using Shape = std::vector<int64_t>;

// normalisation(Q Kᵀ + mask) V for [B,N,L,D], keys and values of M heads, [B,M,S,D] and [B,M,S,E].
struct Heads {
  int64_t b, n, m, l, s, d, e;
  bool causal, normalised;
  std::function<double(int64_t, int64_t, int64_t, int64_t)> mask;  // what is added: of b, n, l, s
  std::function<double(double)> through;                           // what a weight becomes
  Numbers operator()(Numbers const& q, Numbers const& k, Numbers const& v) const {
    Numbers out;
    for (int64_t at = 0; at < b * n * l; ++at) {
      int64_t batch = at / l / n, head = at / l % n, row = at % l, group = batch * m + head / (n / m);
      Numbers w;
      double most = -INFINITY, sum = 0;
      for (int64_t j = 0; j < s; ++j) {
        double product = 0;
        for (int64_t i = 0; i < d; ++i) product += q[size_t(at * d + i)] * k[size_t((group * s + j) * d + i)];
        product += mask ? mask(batch, head, row, j) : 0;
        if (causal && j > row) product = -INFINITY;
        w.push_back(product);
        most = std::max(most, product);
      }
      for (double& x : w) {
        x = normalised ? std::exp(x - most) : std::isinf(x) ? 0 : x;
        sum += x;
      }
      for (double& x : w) x = through ? through(normalised ? x / sum : x) : normalised ? x / sum : x;
      for (int64_t i = 0; i < e; ++i) {
        double y = 0;
        for (int64_t j = 0; j < s; ++j) y += w[size_t(j)] * v[size_t((group * s + j) * e + i)];
        out.push_back(y);
      }
    }
    return out;
  }
};

static void attentions() {
  Net net(__LINE__);
  Numbers q = some(2 * 4 * 5 * 8, 1), k = some(2 * 2 * 7 * 8, 2), v = some(2 * 2 * 7 * 6, 3),
          k4 = some(2 * 4 * 7 * 8, 4), v4 = some(2 * 4 * 7 * 6, 5), bias = some(4 * 5 * 7, 6), flags;
  for (int i = 0; i < 2 * 5 * 7; ++i) flags.push_back(i % 7 == 0 || (i * 7) % 5 < 3);
  ITensor *tq = net.in({2, 4, 5, 8}, q), *tk = net.in({2, 2, 7, 8}, k), *tv = net.in({2, 2, 7, 6}, v);
  ITensor *tk4 = net.in({2, 4, 7, 8}, k4), *tv4 = net.in({2, 4, 7, 6}, v4);
  ITensor *tb = net.in({1, 4, 5, 7}, bias), *tf = net.in({2, 1, 5, 7}, flags, DataType::kBOOL);
  auto added = [&](int64_t, int64_t n, int64_t l, int64_t s) { return bias[size_t((n * 5 + l) * 7 + s)]; };
  auto kept = [&](int64_t b, int64_t, int64_t l, int64_t s) {
    return flags[size_t((b * 5 + l) * 7 + s)] != 0 ? 0 : -INFINITY;
  };
  for (bool softmax : {true, false})
    for (bool causal : {false, true})
      for (int masked : {0, 1, 2})
        for (bool shared : {false, true}) {
          auto op = softmax ? AttentionNormalizationOp::kSOFTMAX : AttentionNormalizationOp::kNONE;
          IAttention* a = net->addAttention(*tq, shared ? *tk : *tk4, shared ? *tv : *tv4,
                                            AttentionNormalizationOp(1 - int(op)), !causal);
          CHECK(a->getNbInputs() == 3 && a->getNbOutputs() == 1 && a->getInput(0) == tq && !a->getMask());
          CHECK(a->setNormalizationOperation(op) && a->getNormalizationOperation() == op);
          CHECK(a->setCausal(causal) && a->getCausal() == causal);
          if (masked) CHECK(a->setMask(masked == 1 ? *tb : *tf) && a->getMask() == a->getInput(3));
          Heads right{2, 4, shared ? 2 : 4, 5, 7, 8, 6, causal, softmax, {}, {}};
          if (masked) right.mask = masked == 1 ? decltype(right.mask)(added) : kept;
          net.want(a->getOutput(0), {2, 4, 5, 6}, shared ? right(q, k, v) : right(q, k4, v4));
        }
  IAttention* narrow = net->addAttention(*tq, *tk4, *tv4, AttentionNormalizationOp::kSOFTMAX, false);
  CHECK(!narrow->getNormalizationQuantizeScale() && narrow->getNormalizationQuantizeToType() == DataType::kFP8);
  ITensor* unit = net.constant({}, {1. / 64});
  CHECK(narrow->setNormalizationQuantizeScale(*unit) && narrow->getNormalizationQuantizeScale() == unit);
  CHECK(narrow->setNormalizationQuantizeToType(DataType::kINT8) && narrow->getNbInputs() == 5 && !narrow->getInput(3));
  CHECK(narrow->getNormalizationQuantizeToType() == DataType::kINT8);
  auto steps = [](double w) { return std::nearbyint(w * 64) / 64; };
  net.want(narrow->getOutput(0), {2, 4, 5, 6}, Heads{2, 4, 4, 5, 7, 8, 6, false, true, {}, steps}(q, k4, v4));
  CHECK(!narrow->getDecomposable() && narrow->setDecomposable(true) && narrow->getDecomposable());
  CHECK(narrow->setName("mine") && !std::strcmp(narrow->getName(), "mine"));
  CHECK(narrow->setMetadata("m") && !std::strcmp(narrow->getMetadata(), "m") && narrow->getNbRanks() == 1);
  CHECK(narrow->setNbRanks(1));

  // Both borders are layers of the network.
  int32_t last = net->getNbLayers() - 1;
  IAttention* small = net->addAttention(*tk4, *tk4, *tv4, AttentionNormalizationOp::kSOFTMAX, true);
  CHECK(net->getNbLayers() == last + 3);
  ILayer *from = net->getLayer(last + 1), *to = net->getLayer(last + 2);
  CHECK(from->getType() == LayerType::kATTENTION_INPUT && to->getType() == LayerType::kATTENTION_OUTPUT);
  CHECK(static_cast<IAttentionInputLayer*>(from)->getAttention() == small);
  CHECK(static_cast<IAttentionOutputLayer*>(to)->getAttention() == small && to->getOutput(0) == small->getOutput(0));
  CHECK(small->setInput(0, *tq) && from->getInput(0) == tq);
  net.want(small->getOutput(0), {2, 4, 5, 6}, Heads{2, 4, 4, 5, 7, 8, 6, true, true, {}, {}}(q, k4, v4));
  net.run();

  auto shown = [&](IAttention* a) { return a->getOutput(0)->getDimensions().nbDims; };
  auto attention = [&](ITensor* a, ITensor* b, ITensor* c) {
    return net->addAttention(*a, *b, *c, AttentionNormalizationOp::kSOFTMAX, false);
  };
  REFUSED(net, shown(attention(net.in({4, 5, 8}, some(160)), tk, tv)) == -1, "expected [batch,heads,length,size]");
  REFUSED(net, shown(attention(net.in({2, 3, 5, 8}, some(240)), tk, tv)) == -1, "3 heads of queries do not share 2");
  REFUSED(net, shown(attention(tq, net.in({2, 4, 7, 9}, some(504)), tv4)) == -1, "have to agree");
  REFUSED(net, shown(attention(tq, tk, tv4)) == -1, "have to agree");
  REFUSED(net, shown(attention(net.in({1, 4, 5, 8}, some(160)), tk, tv)) == -1, "have to agree");
  IAttention* wrong = attention(tq, tk4, tv4);
  REFUSED(net, !wrong->setInput(5, *tq) && wrong->getNbInputs() == 3, "input 5 does not exist");
  REFUSED(net, wrong->getInput(3) == nullptr, "input 3 does not exist");
  REFUSED(net, wrong->getOutput(1) == nullptr, "output 1 does not exist");
  REFUSED(net, !wrong->setNormalizationQuantizeToType(DataType::kHALF), "kFP8 or kINT8");
  REFUSED(net, !wrong->setNbRanks(4), "4 ranks");
  wrong->setMask(*net.in({2, 1, 5, 6}, some(60)));
  REFUSED(net, shown(wrong) == -1, "cannot broadcast");
}

static void rotations() {
  Net net(__LINE__);
  Numbers v = some(2 * 3 * 4 * 8), angle = some(2 * 4 * 4, 2),
          cos = mapped(angle, [](double t) { return std::cos(t); }),
          sin = mapped(angle, [](double t) { return std::sin(t); }), places = {3, 0, 7, 1, 5, 5, 2, 6};
  ITensor *x = net.in({2, 3, 4, 8}, v), *open = net.in({2, 3, 4, 8}, v, DataType::kFLOAT, {0, 2});
  for (bool between : {false, true})
    for (bool by_place : {false, true})
      for (int32_t size : {0, 4, 8})
        for (ITensor* from : {x, open}) {
          int64_t turned = size ? size : 8, half = turned / 2;
          Numbers c(cos.begin(), cos.begin() + 8 * half), s(sin.begin(), sin.begin() + 8 * half), right = v;
          for (int64_t row = 0; row < 2 * 3 * 4; ++row) {
            int64_t place = row / 12 * 4 + row % 4;
            if (by_place) place = int64_t(places[size_t(place)]);
            for (int64_t i = 0; i < half; ++i) {
              size_t p = size_t(row * 8 + (between ? 2 * i : i)),
                     r = size_t(row * 8 + (between ? 2 * i + 1 : half + i));
              double co = c[size_t(place * half + i)], si = s[size_t(place * half + i)];
              right[p] = v[p] * co - v[r] * si;
              right[r] = v[p] * si + v[r] * co;
            }
          }
          Shape table = by_place ? Shape{8, half} : Shape{2, 4, half};
          ITensor *tc = net.constant(table, c), *ts = net.constant(table, s);
          if (from == open && !by_place) continue;
          IRotaryEmbeddingLayer* layer = net->addRotaryEmbedding(*from, *tc, *ts, !between, 2);
          CHECK(layer->getType() == LayerType::kROTARY_EMBEDDING && layer->getRotaryEmbeddingDim() == 2);
          KEEPS(layer, Interleaved, between);
          KEEPS(layer, RotaryEmbeddingDim, size);
          if (by_place) layer->setInput(3, *net.constant({2, 4}, places, DataType::kINT32));
          net.want(layer, {2, 3, 4, 8}, right);
        }
  net.run();
  ITensor* table = net.constant({2, 4, 4}, cos);
  REFUSED(net, net->addRotaryEmbedding(*x, *table, *table, false, 3) == nullptr, "an even number");
  IRotaryEmbeddingLayer* wrong = net->addRotaryEmbedding(*x, *table, *table, false, 16);
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "the rotated part is 16");
  ITensor* short_one = net.constant({1, 4, 4}, some(16));
  IRotaryEmbeddingLayer* single = net->addRotaryEmbedding(*x, *short_one, *short_one, false, 0);
  REFUSED(net, single->getOutput(0)->getDimensions().nbDims == -1, "some for each place");
  REFUSED(net, !wrong->setRotaryEmbeddingDim(-2) && wrong->getRotaryEmbeddingDim() == 16, "an even number");
  wrong->setRotaryEmbeddingDim(4);
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "2 angles for 4");
}

static void caches() {
  Net net(__LINE__);
  Numbers old = some(2 * 3 * 6 * 4), update = some(2 * 3 * 2 * 4, 2), at = {4, 1}, right = old;
  ITensor *cache = net.in({2, 3, 6, 4}, old), *more = net.in({2, 3, 2, 4}, update, DataType::kFLOAT, {2});
  IKVCacheUpdateLayer* layer =
      net->addKVCacheUpdate(*cache, *more, *net.in({2}, at, DataType::kINT32), KVCacheMode::kLINEAR);
  CHECK(layer->getType() == LayerType::kKVCACHE_UPDATE && layer->getCacheMode() == KVCacheMode::kLINEAR);
  CHECK(layer->setCacheMode(KVCacheMode::kLINEAR));
  for (int64_t i = 0; i < 2 * 3 * 2 * 4; ++i)
    right[size_t(((i / 8) * 6 + int64_t(at[size_t(i / 24)]) + i / 4 % 2) * 4 + i % 4)] = update[size_t(i)];
  net.want(layer, {2, 3, 6, 4}, right);
  net.run();
  REFUSED(net, !layer->setCacheMode(KVCacheMode(7)), "no enumerator with value 7");
  layer->setInput(1, *net.in({2, 3, 2, 5}, some(60)));
  REFUSED(net, layer->getOutput(0)->getDimensions().nbDims == -1, "differ beside their lengths");
  for (double place : {-1., 5.}) {  // does not fit
    Net late(__LINE__);
    ITensor* all = late.in({2, 3, 6, 4}, old);
    ITensor* places = late.in({2}, {0, place}, DataType::kINT32);
    late.want(late->addKVCacheUpdate(*all, *late.in({2, 3, 2, 4}, update), *places, KVCacheMode::kLINEAR), {2, 3, 6, 4},
              {});
    late.ending = "do not fit into a cache of 6";
    late.run();
  }
}

static void experts() {
  Net net(__LINE__);
  int64_t const tokens = 6, hidden = 4, inner = 5, many = 3, k = 2;
  Numbers x = some(tokens * hidden), score = mapped(some(tokens * k, 2), [](double t) { return t / 4; }), which;
  Numbers wg = some(many * hidden * inner, 3), wu = some(many * hidden * inner, 4), wd = some(many * inner * hidden, 5),
          bg = some(many * inner, 6), bu = some(many * inner, 7), bd = some(many * hidden, 8);
  for (int64_t i = 0; i < tokens * k; ++i) which.push_back(double(i * 5 % 3));
  which[3] = -1;  // no expert
  which[4] = which[5] = 1;
  ITensor *tx = net.in({2, 3, hidden}, x, DataType::kFLOAT, {0}), *te = net.in({2, 3, k}, which, DataType::kINT32, {0}),
          *ts = net.in({2, 3, k}, score, DataType::kFLOAT, {0});
  struct Way {
    bool silu, biases, swiglu, quantized, dynamic;
  };
  for (Way way : {Way{true, false, false, false, false}, Way{true, true, true, false, false},
                  Way{false, true, false, true, false}, Way{true, true, false, false, true}}) {
    IMoELayer* layer = net->addMoE(*tx, *te, *ts);
    CHECK(layer->getType() == LayerType::kMOE && layer->getActivationType() == MoEActType::kNONE);
    layer->setGatedWeights(*net.constant({many, hidden, inner}, wg), *net.constant({many, hidden, inner}, wu),
                           *net.constant({many, inner, hidden}, wd), MoEActType::kNONE);
    if (way.silu) KEEPS(layer, ActivationType, MoEActType::kSILU);
    if (way.biases)
      layer->setGatedBiases(*net.constant({many, inner}, bg), *net.constant({many, inner}, bu),
                            *net.constant({many, hidden}, bd));
    CHECK(std::isinf(layer->getSwigluParamLimit()) && layer->getSwigluParamAlpha() == 1 &&
          layer->getSwigluParamBeta() == 0);
    if (way.swiglu) {
      layer->setSwigluParams(1, 2, 3);
      CHECK(layer->getSwigluParamLimit() == 1 && layer->getSwigluParamAlpha() == 2 && layer->getSwigluParamBeta() == 3);
      KEEPS(layer, SwigluParamLimit, 1.5F);
      KEEPS(layer, SwigluParamAlpha, 1.25F);
      KEEPS(layer, SwigluParamBeta, 0.5F);
    }
    if (way.dynamic)
      layer->setQuantizationDynamicDblQ(*net.constant({}, {0.5}), DataType::kINT8, dims({1, 1, 5}), DataType::kFLOAT);
    if (way.quantized) layer->setQuantizationStatic(*net.constant({}, {0.25}), DataType::kINT8);
    Numbers right(size_t(tokens * hidden), 0);
    for (int64_t t = 0; t < tokens; ++t)
      for (int64_t c = 0; c < k; ++c) {
        auto e = int64_t(which[size_t(t * k + c)]);
        if (e < 0) continue;
        Numbers a;
        for (int64_t j = 0; j < inner; ++j) {
          double g = way.biases ? bg[size_t(e * inner + j)] : 0, u = way.biases ? bu[size_t(e * inner + j)] : 0;
          for (int64_t i = 0; i < hidden; ++i) {
            g += x[size_t(t * hidden + i)] * wg[size_t((e * hidden + i) * inner + j)];
            u += x[size_t(t * hidden + i)] * wu[size_t((e * hidden + i) * inner + j)];
          }
          if (way.swiglu) g = std::min(g, 1.5), u = std::min(std::max(u, -1.5), 1.5) + 0.5;
          double alpha = way.swiglu ? 1.25 : 1;
          double both = (way.silu ? g / (1 + std::exp(-alpha * g)) : g) * u;
          a.push_back(way.quantized ? std::min(std::max(std::nearbyint(both * 4), -128.), 127.) / 4 : both);
        }
        double largest = 0;
        for (double b : a) largest = std::max(largest, std::fabs(b));
        for (double& b : a)
          if (way.dynamic) b = std::nearbyint(b * 127 / largest) * largest / 127;
        for (int64_t i = 0; i < hidden; ++i) {
          double y = way.biases ? bd[size_t(e * hidden + i)] : 0;
          for (int64_t j = 0; j < inner; ++j) y += a[size_t(j)] * wd[size_t((e * inner + j) * hidden + i)];
          right[size_t(t * hidden + i)] += score[size_t(t * k + c)] * y;
        }
      }
    net.want(layer, {2, 3, hidden}, right);
  }
  net.run();
  IMoELayer* layer = net->addMoE(*tx, *te, *ts);
  REFUSED(net, layer->getOutput(0)->getDimensions().nbDims == -1, "input 3 is missing");
  layer->setGatedWeights(*net.constant({many, hidden, inner}, wg), *net.constant({many, hidden, inner}, wu),
                         *net.constant({many, inner, hidden}, wd), MoEActType::kSILU);
  layer->setInput(4, *net.constant({1, hidden, inner}, some(hidden * inner)));
  REFUSED(net, layer->getOutput(0)->getDimensions().nbDims == -1, "weights 4 are");
  layer->setInput(4, *net.constant({many, hidden, inner}, wu));
  layer->setInput(1, *net.in({2, 3, k}, score));
  REFUSED(net, layer->getOutput(0)->getDimensions().nbDims == -1, "expected integers and floats");
  layer->setInput(1, *net.in({2, 3, 1}, which, DataType::kINT32));
  REFUSED(net, layer->getOutput(0)->getDimensions().nbDims == -1, "some for each token");
  layer->setInput(1, *te);
  CHECK(layer->getQuantizationBlockShape().nbDims == -1);
  layer->setQuantizationDynamicDblQ(*net.constant({}, {1}), DataType::kFP4, dims({1, 16}), DataType::kFP8);
  CHECK(same(layer->getQuantizationBlockShape(), {1, 16}) && layer->getQuantizationToType() == DataType::kFP4 &&
        layer->getDynQOutputScaleType() == DataType::kFP8);
  REFUSED(net, layer->getOutput(0)->getDimensions().nbDims == -1, "which they do not fill");
  layer->setQuantizationBlockShape(dims({2, 5}));
  REFUSED(net, layer->getOutput(0)->getDimensions().nbDims == -1, "behind any number of ones");
  layer->setQuantizationBlockShape(dims({1, 8}));
  layer->setQuantizationToType(DataType::kINT8);
  layer->setDynQOutputScaleType(DataType::kFLOAT);
  CHECK(same(layer->getQuantizationBlockShape(), {1, 8}) && layer->getQuantizationToType() == DataType::kINT8 &&
        layer->getDynQOutputScaleType() == DataType::kFLOAT && net.log.errors.empty());
  REFUSED(net, (layer->setSwigluParamLimit(-1), std::isinf(layer->getSwigluParamLimit())), "above 0");
  REFUSED(net, (layer->setSwigluParams(1, NAN, 0), layer->getSwigluParamAlpha() == 1), "alpha");
}

// The same layers on halves, against themselves on floats that halves hold exactly.
static void halves() {
  Net net(__LINE__);
  auto exact = [](int64_t n, unsigned seed) {
    return mapped(some(n, seed), [](double t) { return std::nearbyint(t * 16) / 32; });
  };
  using Tensors = std::vector<ITensor*>;
  auto both = [&](Shape const& y, Tensors const& operands, std::function<ITensor*(Tensors const&)> layer) {
    Tensors narrow;
    for (ITensor* t : operands) narrow.push_back(net->addCast(*t, DataType::kHALF)->getOutput(0));
    ITensor *wide = layer(operands), *half = layer(narrow);
    CHECK(half->getType() == DataType::kHALF && same(half->getDimensions(), y));
    ITensor* apart =
        net->addElementWise(*wide, *net->addCast(*half, DataType::kFLOAT)->getOutput(0), ElementWiseOperation::kSUB)
            ->getOutput(0);
    net.want(apart, y, Numbers(size_t(count(y)), 0), 4e-3);
  };
  ITensor *q = net.in({1, 2, 3, 4}, exact(24, 1)), *k = net.in({1, 2, 3, 4}, exact(24, 2)),
          *v = net.in({1, 2, 3, 4}, exact(24, 3)), *table = net.in({1, 3, 2}, exact(6, 4));
  for (auto op : {AttentionNormalizationOp::kSOFTMAX, AttentionNormalizationOp::kNONE})
    both({1, 2, 3, 4}, {q, k, v},
         [&](Tensors const& t) { return net->addAttention(*t[0], *t[1], *t[2], op, true)->getOutput(0); });
  both({1, 2, 3, 4}, {q, table, table},
       [&](Tensors const& t) { return net->addRotaryEmbedding(*t[0], *t[1], *t[2], true, 0)->getOutput(0); });
  ITensor* first = net.constant({1}, {0}, DataType::kINT32);
  both({1, 2, 3, 4}, {q, k}, [&](Tensors const& t) {
    return net->addKVCacheUpdate(*t[0], *t[1], *first, KVCacheMode::kLINEAR)->getOutput(0);
  });
  ITensor *x = net.in({3, 4}, exact(12, 5)), *score = net.in({3, 1}, exact(3, 6)), *w = net.in({2, 4, 4}, exact(32, 7));
  ITensor *chosen = net.constant({3, 1}, {1, 0, 1}, DataType::kINT32), *bias = net.in({2, 4}, exact(8, 8));
  both({3, 4}, {x, score, w, bias}, [&](Tensors const& t) {
    IMoELayer* layer = net->addMoE(*t[0], *chosen, *t[1]);
    layer->setGatedWeights(*t[2], *t[2], *t[2], MoEActType::kSILU);
    layer->setGatedBiases(*t[3], *t[3], *t[3]);
    return layer->getOutput(0);
  });
  ITensor* bounds = net.constant({3, 1}, {4, 0, 2}, DataType::kINT32);
  both({3, 4}, {x}, [&](Tensors const& t) { return net->addRaggedSoftMax(*t[0], *bounds)->getOutput(0); });
  both({1, 2, 2, 3}, {q}, [&](Tensors const& t) {
    IPoolingLayer* layer = net->addPoolingNd(*t[0], PoolingType::kMAX_AVERAGE_BLEND, DimsHW{2, 2});
    layer->setBlendFactor(0.25F);
    return layer->getOutput(0);
  });
  net.run();
}

static void ranks() {
  Net net(__LINE__);
  ITensor* x = net.in({2, 3}, some(6));
  int64_t groups[] = {0, 1};
  IDistCollectiveLayer* layer =
      net->addDistCollective(*x, CollectiveOperation::kALL_REDUCE, ReduceOperation::kSUM, -1, groups, 2);
  CHECK(layer && layer->getType() == LayerType::kDIST_COLLECTIVE && layer->getNbOutputs() == 1);
  CHECK(net->addDistCollective(*x, CollectiveOperation::kALL_GATHER, ReduceOperation::kNONE, -1, nullptr, 0));
  REFUSED(net,
          net->addDistCollective(*x, CollectiveOperation::kREDUCE, ReduceOperation::kSUM, 0, nullptr, 2) == nullptr,
          "pointer is null");
  REFUSED(net,
          net->addDistCollective(*x, CollectiveOperation::kREDUCE, ReduceOperation::kSUM, 0, groups, -1) == nullptr,
          "announces -1");
  CHECK(layer->setNbRanks(1) && layer->getNbRanks() == 1);
  REFUSED(net, !layer->setNbRanks(2) && layer->getNbRanks() == 1, "2 ranks");
  net->markOutput(*net->addUnary(*layer->getOutput(0), UnaryOperation::kNEG)->getOutput(0));
  REFUSED(net, net.builder->buildSerializedNetwork(*net.n, *net.config) == nullptr, "TN301");
  REFUSED(net, net.builder->buildSerializedNetwork(*net.n, *net.config) == nullptr, "needs a communicator");
}

int main() {
  attentions();
  rotations();
  caches();
  experts();
  halves();
  ranks();
  return done("attention");
}
