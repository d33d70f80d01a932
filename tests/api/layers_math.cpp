// Layers that compute, in every generation.
#include "layers.h"

static void activations() {
  struct Row {
    ActivationType type;
    float alpha, beta;
    std::function<double(double)> f;
  };
  double const a = 0.3F, b = 0.7F;
  std::vector<Row> rows = {
    {ActivationType::kRELU, 0, 0, [](double x) { return std::max(x, 0.); }},
    {ActivationType::kSIGMOID, 0, 0, [](double x) { return 1 / (1 + std::exp(-x)); }},
    {ActivationType::kTANH, 0, 0, [](double x) { return std::tanh(x); }},
    {ActivationType::kLEAKY_RELU, 0.3F, 0, [=](double x) { return x < 0 ? a * x : x; }},
    {ActivationType::kELU, 0.3F, 0, [=](double x) { return x > 0 ? x : a * (std::exp(x) - 1); }},
    {ActivationType::kSELU, 0.3F, 0.7F, [=](double x) { return b * (x > 0 ? x : a * (std::exp(x) - 1)); }},
    {ActivationType::kSOFTSIGN, 0, 0, [](double x) { return x / (1 + std::fabs(x)); }},
    {ActivationType::kSOFTPLUS, 0.3F, 0.7F, [=](double x) { return a * std::log(1 + std::exp(b * x)); }},
    {ActivationType::kCLIP, -0.3F, 0.7F, [=](double x) { return std::min(std::max(x, -a), b); }},
    {ActivationType::kHARD_SIGMOID, 0.3F, 0.7F, [=](double x) { return std::max(0., std::min(1., a * x + b)); }},
    {ActivationType::kSCALED_TANH, 0.3F, 0.7F, [=](double x) { return a * std::tanh(b * x); }},
    {ActivationType::kTHRESHOLDED_RELU, 0.3F, 0, [=](double x) { return x > a ? x : 0; }},
#if NV_TENSORRT_MAJOR >= 10
    {ActivationType::kGELU_ERF, 0, 0, [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.))); }},
    {ActivationType::kGELU_TANH, 0, 0,
     [](double x) { return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.)) * (x + 0.044715 * x * x * x))); }},
#endif
  };
  Net net(__LINE__);
  Numbers v = some(24);
  ITensor* x = net.in({2, 12}, v);
  for (Row const& row : rows) {
    IActivationLayer* layer = net->addActivation(*x, ActivationType::kRELU);  // set to another one afterwards
    KEEPS(layer, ActivationType, row.type);
    KEEPS(layer, Alpha, row.alpha);
    KEEPS(layer, Beta, row.beta);
    CHECK(layer->getType() == LayerType::kACTIVATION && net->getLayer(net->getNbLayers() - 1) == layer);
    net.want(layer, {2, 12}, mapped(v, row.f));
  }
  net.run();
}

static void unaries() {
  std::vector<std::pair<UnaryOperation, std::function<double(double)>>> rows = {
    {UnaryOperation::kEXP, [](double x) { return std::exp(x); }},
    {UnaryOperation::kLOG, [](double x) { return std::log(x); }},
    {UnaryOperation::kSQRT, [](double x) { return std::sqrt(x); }},
    {UnaryOperation::kRECIP, [](double x) { return 1 / x; }},
    {UnaryOperation::kABS, [](double x) { return std::fabs(x); }},
    {UnaryOperation::kNEG, [](double x) { return -x; }},
    {UnaryOperation::kSIN, [](double x) { return std::sin(x); }},
    {UnaryOperation::kCOS, [](double x) { return std::cos(x); }},
    {UnaryOperation::kTAN, [](double x) { return std::tan(x); }},
    {UnaryOperation::kSINH, [](double x) { return std::sinh(x); }},
    {UnaryOperation::kCOSH, [](double x) { return std::cosh(x); }},
    {UnaryOperation::kASIN, [](double x) { return std::asin(x); }},
    {UnaryOperation::kACOS, [](double x) { return std::acos(x); }},
    {UnaryOperation::kATAN, [](double x) { return std::atan(x); }},
    {UnaryOperation::kASINH, [](double x) { return std::asinh(x); }},
    {UnaryOperation::kACOSH, [](double x) { return std::acosh(x); }},
    {UnaryOperation::kATANH, [](double x) { return std::atanh(x); }},
    {UnaryOperation::kCEIL, [](double x) { return std::ceil(x); }},
    {UnaryOperation::kFLOOR, [](double x) { return std::floor(x); }},
    {UnaryOperation::kERF, [](double x) { return std::erf(x); }},
    {UnaryOperation::kSIGN, [](double x) { return double((x > 0) - (x < 0)); }},
    {UnaryOperation::kROUND, [](double x) { return std::nearbyint(x); }},
    {UnaryOperation::kISINF, [](double x) { return double(std::isinf(x)); }},
#if NV_TENSORRT_MAJOR >= 10
    {UnaryOperation::kISNAN, [](double x) { return double(std::isnan(x)); }},
#endif
  };
  Net net(__LINE__);
  Numbers v = some(21);
  v.push_back(INFINITY), v.push_back(-INFINITY), v.push_back(0.5);
  ITensor* x = net.in({24}, v);
  for (auto const& row : rows) {
    IUnaryLayer* layer = net->addUnary(*x, UnaryOperation::kEXP);
    KEEPS(layer, Operation, row.first);
    net.want(layer, {24}, mapped(v, row.second));
  }
  ITensor* yes = net.in({3}, {1, 0, 1}, DataType::kBOOL);
  net.want(net->addUnary(*yes, UnaryOperation::kNOT), {3}, {0, 1, 0});
  net.run();
}

static void elementwise() {
  using E = ElementWiseOperation;
  std::vector<std::pair<E, std::function<double(double, double)>>> rows = {
      {E::kSUM, [](double p, double q) { return p + q; }},
      {E::kPROD, [](double p, double q) { return p * q; }},
      {E::kMAX, [](double p, double q) { return std::max(p, q); }},
      {E::kMIN, [](double p, double q) { return std::min(p, q); }},
      {E::kSUB, [](double p, double q) { return p - q; }},
      {E::kDIV, [](double p, double q) { return p / q; }},
      {E::kPOW, [](double p, double q) { return std::pow(p, q); }},
      {E::kFLOOR_DIV, [](double p, double q) { return std::floor(p / q); }},
      {E::kEQUAL, [](double p, double q) { return double(p == q); }},
      {E::kGREATER, [](double p, double q) { return double(p > q); }},
      {E::kLESS, [](double p, double q) { return double(p < q); }},
  };
  Net net(__LINE__);
  Numbers v = mapped(some(6), [](double x) { return std::fabs(x) + 0.25; }), w = {v[0], 0.75, 1.5};
  ITensor *x = net.in({2, 3}, v), *y = net.in({1, 3}, w);
  for (auto const& row : rows) {
    Numbers right;
    for (size_t i = 0; i < 6; ++i) right.push_back(row.second(v[i], w[i % 3]));
    IElementWiseLayer* layer = net->addElementWise(*x, *y, E::kSUM);
    KEEPS(layer, Operation, row.first);
    net.want(layer, {2, 3}, right);
  }
  ITensor *p = net.in({4}, {0, 0, 1, 1}, DataType::kBOOL), *q = net.in({4}, {0, 1, 0, 1}, DataType::kBOOL);
  net.want(net->addElementWise(*p, *q, E::kAND), {4}, {0, 0, 0, 1});
  net.want(net->addElementWise(*p, *q, E::kOR), {4}, {0, 1, 1, 1});
  net.want(net->addElementWise(*p, *q, E::kXOR), {4}, {0, 1, 1, 0});
  ITensor *s = net.in({2, 3}, {1, 0, 1, 0, 1, 0}, DataType::kBOOL), *slope = net.constant({1, 3}, {1, 2, 3});
  net.want(net->addSelect(*s, *x, *y), {2, 3}, {v[0], w[1], v[2], w[0], v[4], w[2]});
  ITensor* signs = net.in({2, 3}, {-1, 1, -2, 2, -3, 3});
  net.want(net->addParametricReLU(*signs, *slope), {2, 3}, {-1, 1, -6, 2, -6, 3});
  ITensor *i = net.in({3}, {7, -7, 9}, DataType::kINT32), *j = net.list({2, 2, -4});
  net.want(net->addElementWise(*i, *j, E::kFLOOR_DIV), {3}, {3, -4, -3});
  net.run();
  REFUSED(net, net->addElementWise(*x, *i, E::kSUM)->getOutput(0)->getDimensions().nbDims == -1,
          "element types differ");
  Net other(__LINE__);
  REFUSED(net, net->addElementWise(*x, *other.in({1}, {0}), E::kSUM) == nullptr, "belongs to another network");
  REFUSED(net, net->addElementWise(*x, *y, static_cast<E>(99)) == nullptr, "no enumerator with value 99");
  ITensor* volatile none = nullptr;
  REFUSED(net, net->addElementWise(*x, *none, E::kSUM) == nullptr, "is null");
}

static void scales() {
  Net net(__LINE__);
  Numbers v = mapped(some(16), [](double t) { return t + 3; });
  ITensor* x = net.in({1, 2, 2, 4}, v);
  Weights none{DataType::kFLOAT, nullptr, 0};
  Weights two = net.weights({2, 3}), half = net.weights({0.5, 0.25}), square = net.weights({2, 1}),
          one = net.weights({1.5});
  IScaleLayer* layer = net->addScale(*x, ScaleMode::kCHANNEL, half, two, square);
  Numbers right;
  for (size_t i = 0; i < 16; ++i) right.push_back(i < 8 ? std::pow(v[i] * 2 + 0.5, 2) : v[i] * 3 + 0.25);
  net.want(layer, {1, 2, 2, 4}, right);
  CHECK(layer->getScale().values == two.values && layer->getShift().count == 2 && layer->getChannelAxis() == 1);
  IScaleLayer* nd = net->addScaleNd(*x, ScaleMode::kUNIFORM, one, none, none, 1);
  net.want(nd, {1, 2, 2, 4}, mapped(v, [](double t) { return t + 1.5; }));
  IScaleLayer* last = net->addScaleNd(*x, ScaleMode::kCHANNEL, none, none, none, 1);
  KEEPS(last, ChannelAxis, 2);
  last->setScale(two);
  KEEPS(last, Mode, ScaleMode::kCHANNEL);
  for (size_t i = 0; i < 16; ++i) right[i] = v[i] * (i / 4 % 2 ? 3 : 2);
  net.want(last, {1, 2, 2, 4}, right);
  IScaleLayer* each = net->addScale(*x, ScaleMode::kELEMENTWISE, net.weights(v), none, none);
  net.want(each, {1, 2, 2, 4}, mapped(v, [](double t) { return 2 * t; }));
  net.run();
  REFUSED(net, net->addScale(*x, ScaleMode::kUNIFORM, two, none, none) == nullptr, "2 numbers");
  IScaleLayer* wrong = net->addScale(*x, ScaleMode::kCHANNEL, one, none, none);
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "shift has 1 elements");
}

static void along_axes() {
  Net net(__LINE__);
  Numbers v = some(24);
  ITensor* x = net.in({2, 3, 4}, v);
  auto softmax = [&](int step, int length) {
    Numbers right(24);
    for (int i = 0; i < 24; ++i) {
      int first = i - i / step % length * step;
      double sum = 0;
      for (int k = 0; k < length; ++k) sum += std::exp(v[size_t(first + k * step)]);
      right[size_t(i)] = std::exp(v[size_t(i)]) / sum;
    }
    return right;
  };
  ISoftMaxLayer *standard = net->addSoftMax(*x), *last = net->addSoftMax(*x);
  CHECK(standard->getAxes() == 1U);
  KEEPS(last, Axes, 4U);
  net.want(standard, {2, 3, 4}, softmax(12, 2));
  net.want(last, {2, 3, 4}, softmax(1, 4));

  std::vector<std::pair<ReduceOperation, std::function<double(double, double)>>> rows = {
      {ReduceOperation::kSUM, [](double p, double q) { return p + q; }},
      {ReduceOperation::kPROD, [](double p, double q) { return p * q; }},
      {ReduceOperation::kMAX, [](double p, double q) { return std::max(p, q); }},
      {ReduceOperation::kMIN, [](double p, double q) { return std::min(p, q); }},
      {ReduceOperation::kAVG, [](double p, double q) { return p + q; }}};
  for (auto const& row : rows) {
    IReduceLayer* layer = net->addReduce(*x, ReduceOperation::kSUM, 1U, false);
    KEEPS(layer, Operation, row.first);
    KEEPS(layer, ReduceAxes, 5U);  // the first and the last
    KEEPS(layer, KeepDimensions, true);
    Numbers right;
    for (size_t j = 0; j < 3; ++j) {
      double y = v[4 * j];
      for (size_t i = 1; i < 8; ++i) y = row.second(y, v[12 * (i / 4) + 4 * j + i % 4]);
      right.push_back(row.first == ReduceOperation::kAVG ? y / 8 : y);
    }
    net.want(layer, {1, 3, 1}, right);
  }
  IReduceLayer* flat = net->addReduce(*x, ReduceOperation::kMAX, 6U, false);
  net.want(flat, {2}, {*std::max_element(v.begin(), v.begin() + 12), *std::max_element(v.begin() + 12, v.end())});

  ITopKLayer* top = net->addTopK(*x, TopKOperation::kMAX, 1, 1U);
  KEEPS(top, Operation, TopKOperation::kMIN);
  KEEPS(top, K, 2);
  KEEPS(top, ReduceAxes, 4U);
  Numbers values, places;
  for (int row = 0; row < 6; ++row) {
    std::vector<int> order = {0, 1, 2, 3};
    std::stable_sort(order.begin(), order.end(),
                     [&](int i, int j) { return v[size_t(4 * row + i)] < v[size_t(4 * row + j)]; });
    for (int k = 0; k < 2; ++k)
      values.push_back(v[size_t(4 * row + order[size_t(k)])]), places.push_back(order[size_t(k)]);
  }
  CHECK(top->getNbOutputs() == 2 && top->getOutput(1)->getType() == DataType::kINT32);
  net.want(top->getOutput(0), {2, 3, 2}, values);
  net.want(top->getOutput(1), {2, 3, 2}, places);
  ITopKLayer* given = net->addTopK(*x, TopKOperation::kMAX, 4, 4U);
  given->setInput(1, *net.list({1}));
  Numbers best;
  for (int row = 0; row < 6; ++row) best.push_back(*std::max_element(&v[size_t(4 * row)], &v[size_t(4 * row)] + 4));
  net.want(given, {2, 3, 1}, best);
#if NV_TENSORRT_MAJOR >= 10
  ITensor* axis = net.constant({}, {1}, DataType::kINT32);
  ICumulativeLayer* sums = net->addCumulative(*x, *axis, CumulativeOperation::kSUM, false, false);
  KEEPS(sums, Reverse, true);
  KEEPS(sums, Exclusive, true);
  CHECK(sums->getOperation() == CumulativeOperation::kSUM);
  Numbers later;
  for (size_t i = 0; i < 24; ++i) {
    double sum = 0;
    for (size_t k = i + 4; k / 12 == i / 12; k += 4) sum += v[k];
    later.push_back(sum);
  }
  net.want(sums, {2, 3, 4}, later);
  CHECK(top->setIndicesType(DataType::kINT64) && top->getOutput(1)->getType() == DataType::kINT64);
#endif
  net.run();
  IReduceLayer* wrong = net->addReduce(*x, ReduceOperation::kSUM, 8U, false);
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "mask of axes is 8");
  ISoftMaxLayer* two = net->addSoftMax(*x);
  two->setAxes(3U);
  REFUSED(net, two->getOutput(0)->getDimensions().nbDims == -1, "names 2 axes");
  REFUSED(net, net->addTopK(*x, TopKOperation::kMAX, -1, 1U) == nullptr, "k is -1");
}

static void products() {
  Net net(__LINE__);
  using M = MatrixOperation;
  Numbers v = some(12), w = some(12, 2), z = some(6, 5), plain, turned, row;
  ITensor *x = net.in({2, 2, 3}, v), *y = net.in({2, 3, 2}, w), *u = net.in({2, 3}, z);
  for (size_t b = 0; b < 2; ++b)
    for (size_t i = 0; i < 2; ++i)
      for (size_t j = 0; j < 2; ++j) {
        double sum = 0;
        for (size_t k = 0; k < 3; ++k) sum += v[6 * b + 3 * i + k] * w[6 * b + 2 * k + j];
        plain.push_back(sum);
      }
  net.want(net->addMatrixMultiply(*x, M::kNONE, *y, M::kNONE), {2, 2, 2}, plain);
  IMatrixMultiplyLayer* both = net->addMatrixMultiply(*x, M::kNONE, *y, M::kNONE);
  both->setOperation(0, M::kTRANSPOSE);
  both->setOperation(1, M::kTRANSPOSE);
  CHECK(both->getOperation(0) == M::kTRANSPOSE);
  for (size_t b = 0; b < 2; ++b)
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 3; ++j) {
        double sum = 0;
        for (size_t k = 0; k < 2; ++k) sum += v[6 * b + 3 * k + i] * w[6 * b + 2 * j + k];
        turned.push_back(sum);
      }
  net.want(both, {2, 3, 3}, turned);
  Numbers columns;
  for (size_t b = 0; b < 2; ++b)
    for (size_t i = 0; i < 2; ++i) {
      double right = 0, left = 0;
      for (size_t k = 0; k < 3; ++k)
        right += v[6 * b + 3 * i + k] * z[3 * b + k], left += z[3 * b + k] * w[6 * b + 2 * k + i];
      columns.push_back(right), row.push_back(left);
    }
  net.want(net->addMatrixMultiply(*x, M::kNONE, *u, M::kVECTOR), {2, 2}, columns);
  net.want(net->addMatrixMultiply(*u, M::kVECTOR, *y, M::kNONE), {2, 2}, row);
  net.want(net->addMatrixMultiply(*u, M::kVECTOR, *u, M::kVECTOR), {2},
           {z[0] * z[0] + z[1] * z[1] + z[2] * z[2], z[3] * z[3] + z[4] * z[4] + z[5] * z[5]});
  ITensor* operands[] = {x, y};
  IEinsumLayer* sums = net->addEinsum(operands, 2, "bij,bjk->bik");
  net.want(sums, {2, 2, 2}, plain);
  IEinsumLayer* trace = net->addEinsum(operands, 2, "abc,abc->");
  CHECK(trace->setEquation("abc, acd -> d") && !std::strcmp(trace->getEquation(), "abc, acd -> d"));
  Numbers outer(2, 0);
  for (size_t b = 0; b < 2; ++b)
    for (size_t i = 0; i < 2; ++i)
      for (size_t k = 0; k < 3; ++k)
        for (size_t d = 0; d < 2; ++d) outer[d] += v[6 * b + 3 * i + k] * w[6 * b + 2 * k + d];
  net.want(trace, {2}, outer);
  net.run();
  REFUSED(net, (both->setOperation(2, M::kNONE), true), "operand 2");
  IEinsumLayer* wrong = net->addEinsum(operands, 2, "abc->a");
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "1 terms for 2 inputs");
  REFUSED(net, net->addEinsum(operands, 2, nullptr) == nullptr, "equation is null");
  REFUSED(net, net->addMatrixMultiply(*x, M::kNONE, *x, M::kNONE)->getOutput(0)->getDimensions().nbDims == -1,
          "matmul");
}

static void normalizations() {
  Net net(__LINE__);
  Numbers v = some(48);
  ITensor* x = net.in({2, 4, 2, 3}, v);
  auto normal = [&](size_t first, size_t length, size_t i, double eps) {
    double mean = 0, square = 0;
    for (size_t k = 0; k < length; ++k) mean += v[first + k] / double(length);
    for (size_t k = 0; k < length; ++k) square += (v[first + k] - mean) * (v[first + k] - mean) / double(length);
    return (v[i] - mean) / std::sqrt(square + eps);
  };
  ITensor *s4 = net.constant({1, 4, 1, 1}, {1, 2, 3, 4}), *b4 = net.constant({1, 4, 1, 1}, {5, 6, 7, 8});
  INormalizationLayer* instance = net->addNormalization(*x, *s4, *b4, 1U);
  KEEPS(instance, Axes, 12U);
  KEEPS(instance, Epsilon, 0.125F);
  KEEPS(instance, ComputePrecision, DataType::kFLOAT);
  CHECK(instance->getNbGroups() == 1);
  Numbers right(48);
  for (size_t i = 0; i < 48; ++i)
    right[i] = normal(i / 6 * 6, 6, i, 0.125) * double(i / 6 % 4 + 1) + double(i / 6 % 4 + 5);
  net.want(instance, {2, 4, 2, 3}, right);
  ITensor *s2 = net.constant({1, 2, 1, 1}, {2, 3}), *b2 = net.constant({1, 2, 1, 1}, {-1, 1});
  INormalizationLayer* groups = net->addNormalization(*x, *s2, *b2, 12U);
  KEEPS(groups, NbGroups, 2);
  for (size_t i = 0; i < 48; ++i)
    right[i] = normal(i / 12 * 12, 12, i, 1e-5) * (i / 12 % 2 ? 3 : 2) + (i / 12 % 2 ? 1 : -1);
  net.want(groups, {2, 4, 2, 3}, right);
#if NV_TENSORRT_MAJOR >= 10
  INormalizationLayer* second = net->addNormalizationV2(*x, *s4, *b4, 12U);
  second->setNbGroups(2);
  CHECK(second->isV2() && !groups->isV2());
  for (size_t i = 0; i < 48; ++i)
    right[i] = normal(i / 12 * 12, 12, i, 1e-5) * double(i / 6 % 4 + 1) + double(i / 6 % 4 + 5);
  net.want(second, {2, 4, 2, 3}, right);
#endif
  ILRNLayer* lrn = net->addLRN(*x, 1, 1, 1, 1);
  KEEPS(lrn, WindowSize, 3);
  KEEPS(lrn, Alpha, 0.5F);
  KEEPS(lrn, Beta, 0.75F);
  KEEPS(lrn, K, 2.F);
  for (size_t i = 0; i < 48; ++i) {
    double sum = 0;
    for (size_t c = 0; c < 4; ++c)
      if (c + 1 >= i / 6 % 4 && c <= i / 6 % 4 + 1) sum += std::pow(v[i / 24 * 24 + 6 * c + i % 6], 2);
    right[i] = v[i] / std::pow(2 + 0.5 / 3 * sum, 0.75);
  }
  net.want(lrn, {2, 4, 2, 3}, right);
  net.run();
  REFUSED(net, net->addLRN(*x, 4, 1, 1, 1) == nullptr, "the window is 4");
  REFUSED(net, (instance->setComputePrecision(DataType::kINT32), instance->getComputePrecision() == DataType::kFLOAT),
          "not in i32");
}

int main() {
  activations();
  unaries();
  elementwise();
  scales();
  along_axes();
  products();
  normalizations();
  return done("math");
}
