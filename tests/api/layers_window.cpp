// Layers that slide a window, in every generation.
#include "layers.h"

using Shape = std::vector<int64_t>;

// A convolution over [N,C,…] in 1 to 3 dimensions (here written for 3), with the padding before; y's extents are given.
struct Conv {
  Shape x, k;  // [N,C,D,H,W], [O,C/g,d,h,w]
  int64_t groups;
  Shape stride, before, dilation, y;  // of the three dimensions
  Numbers operator()(Numbers const& v, Numbers const& w, Numbers const& bias) const {
    Numbers out;
    for (int64_t n = 0; n < x[0]; ++n)
      for (int64_t o = 0; o < k[0]; ++o)
        for (int64_t p = 0; p < y[0] * y[1] * y[2]; ++p) {
          int64_t at[] = {p / y[2] / y[1], p / y[2] % y[1], p % y[2]};
          double sum = bias.empty() ? 0 : bias[size_t(o)];
          for (int64_t c = 0; c < k[1]; ++c)
            for (int64_t t = 0; t < k[2] * k[3] * k[4]; ++t) {
              int64_t tap[] = {t / k[4] / k[3], t / k[4] % k[3], t % k[4]},
                      place = n * x[1] + o / (k[0] / groups) * k[1] + c;
              bool within = true;
              for (size_t d = 0; d < 3; ++d) {
                int64_t i = at[d] * stride[d] - before[d] + tap[d] * dilation[d];
                within = within && i >= 0 && i < x[d + 2];
                place = place * x[d + 2] + i;
              }
              if (within) sum += v[size_t(place)] * w[size_t((o * k[1] + c) * k[2] * k[3] * k[4] + t)];
            }
          out.push_back(sum);
        }
    return out;
  }
};

static void convolutions() {
  Net net(__LINE__);
  Numbers v = some(2 * 4 * 5 * 6), w = some(6 * 4 * 3 * 2, 2), b = some(6, 3);
  ITensor* x = net.in({2, 4, 5, 6}, v);
  Weights none{DataType::kFLOAT, nullptr, 0}, kernel = net.weights(w), bias = net.weights(b);
  IConvolutionLayer* plain = net->addConvolutionNd(*x, 6, DimsHW{3, 2}, kernel, bias);
  CHECK(plain->getKernelWeights().values == kernel.values && plain->getKernelWeights().count == 144);
  CHECK(plain->getBiasWeights().count == 6 && plain->getNbOutputMaps() == 6 && plain->getNbGroups() == 1);
  CHECK(same(plain->getKernelSizeNd(), {3, 2}) && same(plain->getStrideNd(), {1, 1}) &&
        same(plain->getDilationNd(), {1, 1}));
  Shape x5 = {2, 4, 1, 5, 6};
  net.want(plain, {2, 6, 3, 5}, Conv{x5, {6, 4, 1, 3, 2}, 1, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}, {1, 3, 5}}(v, w, b));

  IConvolutionLayer* rich = net->addConvolutionNd(*x, 6, DimsHW{1, 1}, none, none);
  rich->setKernelSizeNd(DimsHW{3, 2});
  rich->setStrideNd(DimsHW{2, 1});
  rich->setPrePadding(DimsHW{1, 0});
  rich->setPostPadding(DimsHW{2, 1});
  rich->setDilationNd(DimsHW{1, 2});
  KEEPS(rich, NbGroups, 2);
  Numbers grouped(w.begin(), w.begin() + 72);
  rich->setKernelWeights(net.weights(grouped));
  CHECK(same(rich->getPrePadding(), {1, 0}) && same(rich->getPostPadding(), {2, 1}) &&
        same(rich->getDilationNd(), {1, 2}));
  net.want(rich, {2, 6, 3, 5},
           Conv{x5, {6, 2, 1, 3, 2}, 2, {1, 2, 1}, {0, 1, 0}, {1, 1, 2}, {1, 3, 5}}(v, grouped, {}));

  IConvolutionLayer* same_size = net->addConvolutionNd(*x, 6, DimsHW{3, 2}, kernel, bias);
  KEEPS(same_size, PaddingMode, PaddingMode::kSAME_UPPER);
  net.want(same_size, {2, 6, 5, 6}, Conv{x5, {6, 4, 1, 3, 2}, 1, {1, 1, 1}, {0, 1, 0}, {1, 1, 1}, {1, 5, 6}}(v, w, b));
  IConvolutionLayer* up = net->addConvolutionNd(*x, 6, DimsHW{3, 2}, kernel, bias);
  up->setStrideNd(DimsHW{2, 3});
  up->setPaddingMode(PaddingMode::kEXPLICIT_ROUND_UP);
  net.want(up, {2, 6, 2, 3}, Conv{x5, {6, 4, 1, 3, 2}, 1, {1, 2, 3}, {0, 0, 0}, {1, 1, 1}, {1, 2, 3}}(v, w, b));

  IConvolutionLayer* given = net->addConvolutionNd(*x, 6, DimsHW{3, 2}, none, none);  // kernel and bias are tensors
  given->setInput(1, *net.in({6, 4, 3, 2}, w));
  given->setInput(2, *net.constant({6}, b));
  CHECK(given->getNbInputs() == 3);
  given->setPaddingNd(DimsHW{1, 1});
  CHECK(same(given->getPaddingNd(), {1, 1}) && same(given->getPostPadding(), {1, 1}));
  net.want(given, {2, 6, 5, 7}, Conv{x5, {6, 4, 1, 3, 2}, 1, {1, 1, 1}, {0, 1, 1}, {1, 1, 1}, {1, 5, 7}}(v, w, b));

  Numbers v3 = some(2 * 3 * 4 * 4, 7), w3 = some(2 * 2 * 2 * 2 * 2, 8);
  ITensor* x3 = net.in({1, 2, 3, 4, 4}, v3);
  IConvolutionLayer* deep = net->addConvolutionNd(*x3, 2, dims({2, 2, 2}), net.weights(w3), none);
  deep->setStrideNd(dims({1, 2, 1}));
  net.want(deep, {1, 2, 2, 2, 3},
           Conv{{1, 2, 3, 4, 4}, {2, 2, 2, 2, 2}, 1, {1, 2, 1}, {0, 0, 0}, {1, 1, 1}, {2, 2, 3}}(v3, w3, {}));
#if NV_TENSORRT_MAJOR < 10
  IConvolutionLayer* old = net->addConvolution(*x, 6, DimsHW{3, 2}, kernel, bias);
  old->setStride(DimsHW{2, 2});
  old->setPadding(DimsHW{1, 1});
  old->setDilation(DimsHW{1, 1});
  CHECK(old->getStride().h() == 2 && old->getPadding().w() == 1 && old->getKernelSize().h() == 3 &&
        old->getDilation().w() == 1);
  net.want(old, {2, 6, 3, 4}, Conv{x5, {6, 4, 1, 3, 2}, 1, {1, 2, 2}, {0, 1, 1}, {1, 1, 1}, {1, 3, 4}}(v, w, b));
#endif
  net.run();

  REFUSED(net, net->addConvolutionNd(*x, 0, DimsHW{3, 2}, kernel, bias) == nullptr, "0 output maps");
  REFUSED(net, net->addConvolutionNd(*x, 6, DimsHW{0, 2}, kernel, bias) == nullptr, "[0,2]");
  REFUSED(net, net->addConvolutionNd(*x, 5, DimsHW{3, 2}, kernel, bias) == nullptr, "bias has 6 numbers, expected 5");
  REFUSED(net, net->addConvolutionNd(*x, 6, dims({3}), kernel, bias) == nullptr, "2 or 3 are possible");
  Weights lost{DataType::kFLOAT, nullptr, 144};
  REFUSED(net, net->addConvolutionNd(*x, 6, DimsHW{3, 2}, lost, bias) == nullptr, "pointer is null");
  IConvolutionLayer* wrong = net->addConvolutionNd(*x, 6, DimsHW{3, 3}, kernel, bias);
  wrong->setName("conv7");
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "'conv7': the kernel has 144 numbers, expected 216");
  wrong->setKernelSizeNd(DimsHW{3, 2});
  CHECK(same(wrong->getOutput(0)->getDimensions(), {2, 6, 3, 5}) && net.log.errors.empty());
  wrong->setStrideNd(dims({1, 1, 1}));
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "need 2 numbers");
  wrong->setStrideNd(DimsHW{1, 1});
  wrong->setPrePadding(DimsHW{1, 0});
  REFUSED(net, wrong->getPaddingNd().nbDims == -1, "ask for each");
  REFUSED(net, (wrong->setInput(3, *x), wrong->getNbInputs() == 1), "input 3 does not exist");
}

static void deconvolutions() {
  Net net(__LINE__);
  Numbers v = some(2 * 4 * 3), w = some(4 * 3 * 3 * 2, 2), b = some(3, 3);
  ITensor* x = net.in({1, 4, 2, 3}, v);
  Weights none{DataType::kFLOAT, nullptr, 0}, kernel = net.weights(w), bias = net.weights(b);
  // Every element adds the kernel, times itself, at stride times its place less the padding.
  auto spread = [&](int64_t maps, int64_t groups, Shape s, Shape before, Shape y, Numbers const& k,
                    Numbers const& offset) {
    Numbers out(size_t(maps * y[0] * y[1]), 0);
    for (int64_t o = 0; o < maps * y[0] * y[1] && !offset.empty(); ++o)
      out[size_t(o)] = offset[size_t(o / y[0] / y[1])];
    int64_t each = maps / groups;
    for (int64_t c = 0; c < 4; ++c)
      for (int64_t m = 0; m < each; ++m)
        for (int64_t i = 0; i < 2; ++i)
          for (int64_t j = 0; j < 3; ++j)
            for (int64_t p = 0; p < 3; ++p)
              for (int64_t q = 0; q < 2; ++q) {
                int64_t row = i * s[0] + p - before[0], column = j * s[1] + q - before[1],
                        map = c / (4 / groups) * each + m;
                if (row < 0 || row >= y[0] || column < 0 || column >= y[1]) continue;
                out[size_t((map * y[0] + row) * y[1] + column)] +=
                    v[size_t(c * 6 + i * 3 + j)] * k[size_t(((c * each + m) * 3 + p) * 2 + q)];
              }
    return out;
  };
  IDeconvolutionLayer* plain = net->addDeconvolutionNd(*x, 3, DimsHW{3, 2}, kernel, bias);
  CHECK(plain && plain->getNbOutputMaps() == 3 && plain->getKernelWeights().values == kernel.values);
  net.want(plain, {1, 3, 4, 4}, spread(3, 1, {1, 1}, {0, 0}, {4, 4}, w, b));
  IDeconvolutionLayer* rich = net->addDeconvolutionNd(*x, 6, DimsHW{3, 2}, kernel, none);
  KEEPS(rich, NbGroups, 2);
  rich->setStrideNd(DimsHW{2, 2});
  rich->setPrePadding(DimsHW{1, 0});
  rich->setPostPadding(DimsHW{0, 1});
  rich->setBiasWeights(none);
  CHECK(same(rich->getStrideNd(), {2, 2}) && same(rich->getPostPadding(), {0, 1}));
  net.want(rich, {1, 6, 4, 5}, spread(6, 2, {2, 2}, {1, 0}, {4, 5}, w, {}));
  IDeconvolutionLayer* whole = net->addDeconvolutionNd(*x, 3, DimsHW{3, 2}, kernel, bias);
  whole->setStrideNd(DimsHW{2, 2});
  KEEPS(whole, PaddingMode, PaddingMode::kSAME_LOWER);
  net.want(whole, {1, 3, 4, 6}, spread(3, 1, {2, 2}, {1, 0}, {4, 6}, w, b));
  IDeconvolutionLayer* up = net->addDeconvolutionNd(*x, 3, DimsHW{3, 2}, kernel, bias);  // nothing is left to round
  up->setStrideNd(DimsHW{2, 2});
  up->setPrePadding(DimsHW{1, 0});
  up->setPostPadding(DimsHW{0, 1});
  up->setPaddingMode(PaddingMode::kEXPLICIT_ROUND_UP);
  net.want(up, {1, 3, 4, 5}, spread(3, 1, {2, 2}, {1, 0}, {4, 5}, w, b));
  IDeconvolutionLayer* given = net->addDeconvolutionNd(*x, 3, DimsHW{3, 2}, none, none);
  given->setInput(1, *net.constant({4, 3, 3, 2}, w));
  net.want(given, {1, 3, 4, 4}, spread(3, 1, {1, 1}, {0, 0}, {4, 4}, w, {}));
#if NV_TENSORRT_MAJOR < 10
  IDeconvolutionLayer* old = net->addDeconvolution(*x, 3, DimsHW{3, 2}, kernel, bias);
  old->setStride(DimsHW{2, 2});
  old->setPadding(DimsHW{1, 0});
  net.want(old, {1, 3, 3, 6}, spread(3, 1, {2, 2}, {1, 0}, {3, 6}, w, b));
  for (PaddingMode mode : {PaddingMode::kCAFFE_ROUND_DOWN, PaddingMode::kCAFFE_ROUND_UP}) {
    IDeconvolutionLayer* caffe = net->addDeconvolutionNd(*x, 3, DimsHW{3, 2}, kernel, bias);
    caffe->setStrideNd(DimsHW{2, 2});
    caffe->setPrePadding(DimsHW{1, 0});
    KEEPS(caffe, PaddingMode, mode);
    net.want(caffe, {1, 3, 3, 6}, spread(3, 1, {2, 2}, {1, 0}, {3, 6}, w, b));
  }
#endif
  net.run();
  IDeconvolutionLayer* wrong = net->addDeconvolutionNd(*x, 4, DimsHW{3, 2}, kernel, none);
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "the kernel has 72 numbers, expected 96");
}

static void pooling_and_padding() {
  Net net(__LINE__);
  Numbers v = some(2 * 3 * 4);
  ITensor* x = net.in({1, 2, 3, 4}, v);
  IPoolingLayer* mean = net->addPoolingNd(*x, PoolingType::kAVERAGE, DimsHW{2, 2});
  mean->setPaddingNd(DimsHW{1, 0});
  mean->setStrideNd(DimsHW{2, 2});
  mean->setAverageCountExcludesPadding(false);
  Numbers right;
  for (size_t c = 0; c < 2; ++c)
    for (size_t i = 0; i < 2; ++i)
      for (size_t j = 0; j < 2; ++j) {
        double const* at = &v[12 * c + 2 * j];
        double above = i ? at[4] + at[5] : 0, below = i ? at[8] + at[9] : at[0] + at[1];
        right.push_back((above + below) / 4);
      }
  net.want(mean, {1, 2, 2, 2}, right);
  CHECK(mean->getPaddingNd().d[0] == 1);
  auto moved = [&](int64_t before, int64_t behind, int64_t left, int64_t right_side) {
    Numbers out;
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t i = -before; i < 3 + behind; ++i)
        for (int64_t j = -left; j < 4 + right_side; ++j)
          out.push_back(i < 0 || i > 2 || j < 0 || j > 3 ? 0 : v[size_t(12 * c + 4 * i + j)]);
    return out;
  };
  IPaddingLayer* pad = net->addPaddingNd(*x, DimsHW{1, 0}, DimsHW{0, 2});
  net.want(pad, {1, 2, 4, 6}, moved(1, 0, 0, 2));
  IPaddingLayer* cut = net->addPaddingNd(*x, DimsHW{0, 0}, DimsHW{0, 0});
  cut->setPrePaddingNd(DimsHW{-1, 1});
  cut->setPostPaddingNd(DimsHW{1, -2});
  CHECK(same(cut->getPrePaddingNd(), {-1, 1}) && same(cut->getPostPaddingNd(), {1, -2}));
  net.want(cut, {1, 2, 3, 3}, moved(-1, 1, 1, -2));
#if NV_TENSORRT_MAJOR < 10
  IPaddingLayer* old = net->addPadding(*x, DimsHW{0, 1}, DimsHW{0, 0});
  old->setPostPadding(DimsHW{2, 0});
  CHECK(old->getPrePadding().w() == 1 && old->getPostPadding().h() == 2);
  net.want(old, {1, 2, 5, 5}, moved(0, 2, 1, 0));
  IPoolingLayer* old_pool = net->addPooling(*x, PoolingType::kAVERAGE, DimsHW{2, 2});
  old_pool->setPadding(DimsHW{1, 0});
  old_pool->setStride(DimsHW{2, 2});
  old_pool->setAverageCountExcludesPadding(false);
  CHECK(old_pool->getPadding().h() == 1);
  net.want(old_pool, {1, 2, 2, 2}, right);
  Numbers w = some(3 * 24, 4), b = some(3, 5), sums;
  IFullyConnectedLayer* full = net->addFullyConnected(*x, 3, net.weights(w), net.weights(b));
  CHECK(full->getType() == LayerType::kFULLY_CONNECTED && full->getNbOutputChannels() == 3 &&
        full->getKernelWeights().count == 72);
  CHECK(full->getBiasWeights().count == 3);
  for (size_t o = 0; o < 3; ++o) {
    sums.push_back(b[o]);
    for (size_t i = 0; i < 24; ++i) sums[o] += v[i] * w[24 * o + i];
  }
  net.want(full, {1, 3, 1, 1}, sums);
#endif
  net.run();
  REFUSED(net, net->addPaddingNd(*x, dims({1, 1, 1}), dims({0, 0, 0})) == nullptr, "two numbers each");
#if NV_TENSORRT_MAJOR < 10
  full->setNbOutputChannels(4);
  REFUSED(net, full->getOutput(0)->getDimensions().nbDims == -1, "the kernel has 72 numbers, expected 96");
#endif
}

// Maximum and mean of windows over [1,2,5,7]; y's extents are given, padding behind counts where `behind` has it.
struct Pool {
  Shape window, stride, before, behind, y;
  bool counts_padding;
  Numbers largest(Numbers const& v) const { return all(v, true); }
  Numbers mean(Numbers const& v) const { return all(v, false); }
  Numbers all(Numbers const& v, bool maximum) const {
    Numbers out;
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t p = 0; p < y[0]; ++p)
        for (int64_t q = 0; q < y[1]; ++q) {
          double most = -INFINITY, sum = 0, count = 0;
          bool met = false;
          for (int64_t i = p * stride[0] - before[0]; i < p * stride[0] - before[0] + window[0]; ++i)
            for (int64_t j = q * stride[1] - before[1]; j < q * stride[1] - before[1] + window[1]; ++j) {
              bool within = i >= 0 && i < 5 && j >= 0 && j < 7, padded = i < 5 + behind[0] && j < 7 + behind[1];
              if (within) most = std::max(most, v[size_t((c * 5 + i) * 7 + j)]), sum += v[size_t((c * 5 + i) * 7 + j)];
              met = met || within;
              count += within || (counts_padding && padded);
            }
          out.push_back(maximum ? most : met ? sum / count : 0);
        }
    return out;
  }
};

static void pooling_rounds_up_and_blends() {
  Net net(__LINE__);
  Numbers v = some(2 * 5 * 7);
  ITensor *x = net.in({1, 2, 5, 7}, v), *open = net.in({1, 2, 5, 7}, v, DataType::kFLOAT, {2, 3});
  auto pool = [&](ITensor* from, PoolingType type, Shape window, Shape stride, Shape before, Shape behind) {
    IPoolingLayer* layer = net->addPoolingNd(*from, type, dims(window));
    layer->setStrideNd(dims(stride));
    layer->setPrePadding(dims(before));
    layer->setPostPadding(dims(behind));
    return layer;
  };
  for (ITensor* from : {x, open}) {
    // A last window may lie in the padding at the end altogether, where there is nothing to find.
    IPoolingLayer* up = pool(from, PoolingType::kMAX, {2, 2}, {2, 3}, {1, 0}, {2, 2});
    KEEPS(up, PaddingMode, PaddingMode::kEXPLICIT_ROUND_UP);
    net.want(up, {1, 2, 4, 4}, Pool{{2, 2}, {2, 3}, {1, 0}, {2, 2}, {4, 4}, false}.largest(v));
    for (bool excludes : {true, false}) {
      IPoolingLayer* mean = pool(from, PoolingType::kAVERAGE, {2, 3}, {2, 3}, {1, 0}, {2, 2});
      mean->setPaddingMode(PaddingMode::kEXPLICIT_ROUND_UP);
      KEEPS(mean, AverageCountExcludesPadding, excludes);
      net.want(mean, {1, 2, 4, 3}, Pool{{2, 3}, {2, 3}, {1, 0}, {2, 2}, {4, 3}, !excludes}.mean(v));
    }
    for (float factor : {0.F, 0.25F, 1.F})
      for (bool excludes : {true, false}) {
        IPoolingLayer* blend = pool(from, PoolingType::kMAX, {2, 3}, {1, 2}, {1, 1}, {1, 1});
        KEEPS(blend, PoolingType, PoolingType::kMAX_AVERAGE_BLEND);
        KEEPS(blend, BlendFactor, factor);
        blend->setAverageCountExcludesPadding(excludes);
        Pool both{{2, 3}, {1, 2}, {1, 1}, {1, 1}, {6, 4}, !excludes};
        Numbers right = both.largest(v), mean = both.mean(v);
        for (size_t i = 0; i < right.size(); ++i) right[i] = (1 - double(factor)) * right[i] + double(factor) * mean[i];
        net.want(blend, {1, 2, 6, 4}, right);
      }
    // A convolution that rounds up where the extents are open, too.
    Numbers w = some(3 * 2 * 2 * 3, 5);
    IConvolutionLayer* conv =
        net->addConvolutionNd(*from, 3, DimsHW{2, 3}, net.weights(w), Weights{DataType::kFLOAT, nullptr, 0});
    conv->setStrideNd(DimsHW{2, 3});
    conv->setPaddingMode(PaddingMode::kEXPLICIT_ROUND_UP);
    net.want(conv, {1, 3, 3, 3},
             Conv{{1, 2, 1, 5, 7}, {3, 2, 1, 2, 3}, 1, {1, 2, 3}, {0, 0, 0}, {1, 1, 1}, {1, 3, 3}}(v, w, {}));
#if NV_TENSORRT_MAJOR < 10
    // Caffe pads as much behind as before, and drops a pooling window that would start in the padding at the end.
    for (PaddingMode mode : {PaddingMode::kCAFFE_ROUND_DOWN, PaddingMode::kCAFFE_ROUND_UP}) {
      bool up_too = mode == PaddingMode::kCAFFE_ROUND_UP;
      IPoolingLayer* caffe = pool(from, PoolingType::kMAX, {4, 2}, {2, 3}, {1, 1}, {0, 0});
      KEEPS(caffe, PaddingMode, mode);
      Shape y = {up_too ? 3 : 2, 3};
      net.want(caffe, {1, 2, y[0], y[1]}, Pool{{4, 2}, {2, 3}, {1, 1}, {1, 1}, y, false}.largest(v));
      IConvolutionLayer* convolution =
          net->addConvolutionNd(*from, 3, DimsHW{2, 3}, net.weights(w), Weights{DataType::kFLOAT, nullptr, 0});
      convolution->setStrideNd(DimsHW{2, 3});
      convolution->setPrePadding(DimsHW{1, 1});
      KEEPS(convolution, PaddingMode, mode);
      Shape z = up_too ? Shape{4, 3} : Shape{3, 3};
      net.want(convolution, {1, 3, z[0], z[1]},
               Conv{{1, 2, 1, 5, 7}, {3, 2, 1, 2, 3}, 1, {1, 2, 3}, {0, 1, 1}, {1, 1, 1}, {1, z[0], z[1]}}(v, w, {}));
    }
#endif
  }
  net.run();
  IPoolingLayer* wrong = net->addPoolingNd(*x, PoolingType::kMAX_AVERAGE_BLEND, DimsHW{2, 2});
  REFUSED(net, (wrong->setBlendFactor(1.5F), wrong->getBlendFactor() == 0), "0 to 1 are possible");
  REFUSED(net, (wrong->setBlendFactor(NAN), wrong->getBlendFactor() == 0), "0 to 1 are possible");
}

int main() {
  pooling_rounds_up_and_blends();
  convolutions();
  deconvolutions();
  pooling_and_padding();
  return done("window");
}
