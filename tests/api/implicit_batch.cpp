// Networks of generation 8 whose shapes leave out the batch: every kind of layer that they may hold, in batches of all
// sizes, compared with plain loops over each of a batch.
#include "layers.h"

struct Batch {
  Log log;
  IBuilder* builder = createInferBuilder(log);
  IBuilderConfig* config = builder->createBuilderConfig();
  INetworkDefinition* n = builder->createNetworkV2(0);
  std::vector<std::string> kept;
  int const most;

  explicit Batch(int m) : most(m) {
    CHECK(n->hasImplicitBatchDimension() && builder->getMaxBatchSize() == 1);
    builder->setMaxBatchSize(most);
    CHECK(builder->getMaxBatchSize() == most);
    kept.reserve(100);
  }
  ~Batch() {
    n->destroy();
    config->destroy();
    builder->destroy();
  }
  Weights weights(Numbers const& v) {
    kept.push_back(stored(v, DataType::kFLOAT));
    return {DataType::kFLOAT, kept.back().data(), int64_t(v.size())};
  }
  void refused(int at, bool failed, std::string const& text) {
    if (!failed) fail_at(at, "did not fail: " + text);
    if (log.errors.size() != 1 || log.errors[0].find(text) == std::string::npos)
      fail_at(at, log.errors.empty() ? "no error, expected " + text : log.errors[0]);
    log.errors.clear();
  }

  // `right`: what each of a batch is to become. All batches up to the largest, by execute and by enqueue.
  void run(int line, ITensor* x, ITensor* y, std::function<Numbers(Numbers const&)> const& right,
           double tolerance = 1e-5) {
    ++cases;
    y->setName("y");
    n->markOutput(*y);
    int64_t in_count = 1, out_count = 1;
    for (int i = 0; i < x->getDimensions().nbDims; ++i) in_count *= x->getDimensions().d[i];
    for (int i = 0; i < y->getDimensions().nbDims; ++i) out_count *= y->getDimensions().d[i];
    IHostMemory* plan = builder->buildSerializedNetwork(*n, *config);
    if (!plan) return fail_at(line, log.errors.empty() ? "no engine" : log.errors.back());
    IRuntime* runtime = createInferRuntime(log);
    ICudaEngine* engine = runtime->deserializeCudaEngine(plan->data(), plan->size());
    IExecutionContext* context = engine->createExecutionContext();
    CHECK(engine->hasImplicitBatchDimension() && engine->getMaxBatchSize() == most && engine->getNbBindings() == 2);
    Dims shown = engine->getBindingDimensions(1), own = y->getDimensions();
    CHECK(shown.nbDims == own.nbDims && std::equal(shown.d, shown.d + shown.nbDims, own.d));
    for (int batch = most; batch >= 1; --batch) {
      std::string in, out(size_t(batch * out_count) * 4, '\x55');
      Numbers wanted;
      for (int i = 0; i < batch; ++i) {
        Numbers each = some(in_count, unsigned(i * 7 + batch)), result = right(each);
        in += stored(each, DataType::kFLOAT);
        wanted.insert(wanted.end(), result.begin(), result.end());
      }
      void* bindings[2] = {&in[0], &out[0]};
      bool done = batch % 2 ? context->execute(batch, bindings) : context->enqueue(batch, bindings, nullptr, nullptr);
      cudaStreamSynchronize(nullptr);
      if (!done) return fail_at(line, log.errors.empty() ? "no run" : log.errors.back());
      Numbers found = loaded(out, DataType::kFLOAT);
      if (found.size() != wanted.size()) return fail_at(line, "other counts");
      for (size_t i = 0; i < found.size(); ++i)
        if (!(std::fabs(found[i] - wanted[i]) <= tolerance * std::max(1., std::fabs(wanted[i]))))
          return fail_at(line, "batch " + std::to_string(batch) + " at " + std::to_string(i) + " is " +
                                   std::to_string(found[i]) + ", expected " + std::to_string(wanted[i]));
    }
    std::string byte(size_t(in_count + out_count) * 4 * 16, '\0');
    void* bindings[2] = {&byte[0], &byte[0]};
    refused(line, !context->execute(most + 1, bindings), "the engine takes 1 to");
    refused(line, !context->execute(0, bindings), "the batch is 0");
    refused(line, !context->executeV2(bindings), "this engine has an implicit batch");
    refused(line, !context->enqueueV2(bindings, nullptr, nullptr), "this engine has an implicit batch");
    context->destroy();
    engine->destroy();
    runtime->destroy();
    plan->destroy();
    if (!log.errors.empty()) fail_at(line, log.errors[0]);
  }
};

// What LeNet is made of: convolution, pooling, scale, activation, fully connected, softmax over classes.
static void a_small_classifier() {
  Batch b(3);
  ITensor* x = b.n->addInput("x", DataType::kFLOAT, Dims3{1, 6, 6});
  CHECK(x->getDimensions().nbDims == 3 && x->getDimensions().d[0] == 1);
  Numbers kernel = some(18, 2), bias{0.5, -0.5}, fc = some(24, 3), fc_bias = some(3, 4);
  ITensor* conv = b.n->addConvolutionNd(*x, 2, DimsHW{3, 3}, b.weights(kernel), b.weights(bias))->getOutput(0);
  CHECK(same(conv->getDimensions(), {2, 4, 4}));
  ITensor* scaled = b.n->addScale(*conv, ScaleMode::kCHANNEL, b.weights({1, 2}), b.weights({0.5, 0.25}),
                                  Weights{DataType::kFLOAT, nullptr, 0})
                        ->getOutput(0);
  IPoolingLayer* pool = b.n->addPoolingNd(*scaled, PoolingType::kMAX, DimsHW{2, 2});
  pool->setStrideNd(DimsHW{2, 2});
  ITensor* relu = b.n->addActivation(*pool->getOutput(0), ActivationType::kRELU)->getOutput(0);
  ITensor* classes = b.n->addFullyConnected(*relu, 3, b.weights(fc), b.weights(fc_bias))->getOutput(0);
  CHECK(same(classes->getDimensions(), {3, 1, 1}));
  ISoftMaxLayer* softmax = b.n->addSoftMax(*classes);
  CHECK(softmax->getAxes() == 1U);
  b.run(__LINE__, x, softmax->getOutput(0), [&](Numbers const& in) {
    Numbers flat;
    for (size_t c = 0; c < 2; ++c)
      for (size_t row = 0; row < 4; row += 2)
        for (size_t column = 0; column < 4; column += 2) {
          double best = 0;
          for (size_t k = 0; k < 4; ++k) {
            double sum = bias[c];
            for (size_t i = 0; i < 9; ++i)
              sum += kernel[c * 9 + i] * in[(row + k / 2 + i / 3) * 6 + column + k % 2 + i % 3];
            best = std::max(best, sum * (c ? 0.25 : 0.5) + (c ? 2 : 1));
          }
          flat.push_back(best);
        }
    Numbers y(3);
    double total = 0;
    for (size_t k = 0; k < 3; ++k) {
      y[k] = fc_bias[k];
      for (size_t i = 0; i < 8; ++i) y[k] += fc[k * 8 + i] * flat[i];
    }
    double top = *std::max_element(y.begin(), y.end());
    for (double& v : y) total += v = std::exp(v - top);
    for (double& v : y) v /= total;
    return y;
  });
}

// Axes count from behind the batch, in every layer that has some; constants are the same for all of it.
static void axes_of_each() {
  {
    Batch b(4);
    ITensor* x = b.n->addInput("x", DataType::kFLOAT, Dims2{2, 3});
    ITensor* c = b.n->addConstant(Dims2{1, 3}, b.weights({10, 20, 30}))->getOutput(0);
    CHECK(same(c->getDimensions(), {1, 3}) && c->getBroadcastAcrossBatch() && !x->getBroadcastAcrossBatch());
    ITensor* parts[2] = {x, c};
    IConcatenationLayer* both = b.n->addConcatenation(parts, 2);
    CHECK(both->getAxis() == 0 && same(both->getOutput(0)->getDimensions(), {3, 3}));
    IShuffleLayer* turned = b.n->addShuffle(*both->getOutput(0));
    turned->setFirstTranspose(Permutation{{1, 0}});
    turned->setReshapeDimensions(Dims2{-1, 9});
    turned->setSecondTranspose(Permutation{{1, 0}});
    CHECK(same(turned->getOutput(0)->getDimensions(), {9, 1}));
    b.run(__LINE__, x, turned->getOutput(0), [](Numbers const& in) {
      Numbers rows{in[0], in[1], in[2], in[3], in[4], in[5], 10, 20, 30}, y;
      for (size_t column = 0; column < 3; ++column)
        for (size_t row = 0; row < 3; ++row) y.push_back(rows[row * 3 + column]);
      return y;
    });
  }
  {
    Batch b(2);
    ITensor* x = b.n->addInput("x", DataType::kFLOAT, Dims3{2, 3, 4});
    ITensor* sum = b.n->addReduce(*x, ReduceOperation::kSUM, 2U, false)->getOutput(0);
    CHECK(same(sum->getDimensions(), {2, 4}));
    ITensor* cut = b.n->addSlice(*sum, Dims2{0, 1}, Dims2{2, 2}, Dims2{1, 2})->getOutput(0);
    ITensor* best = b.n->addTopK(*cut, TopKOperation::kMAX, 1, 2U)->getOutput(0);
    CHECK(same(best->getDimensions(), {2, 1}));
    b.run(__LINE__, x, best, [](Numbers const& in) {
      Numbers y;
      for (size_t p = 0; p < 2; ++p) {
        double one = 0, three = 0;
        for (size_t r = 0; r < 3; ++r) one += in[p * 12 + r * 4 + 1], three += in[p * 12 + r * 4 + 3];
        y.push_back(std::max(one, three));
      }
      return y;
    });
  }
  {
    Batch b(3);
    ITensor* x = b.n->addInput("x", DataType::kFLOAT, Dims2{2, 3});
    Numbers matrix = some(12, 8);
    ITensor* w = b.n->addConstant(Dims2{3, 4}, b.weights(matrix))->getOutput(0);
    ITensor* product = b.n->addMatrixMultiply(*x, MatrixOperation::kNONE, *w, MatrixOperation::kNONE)->getOutput(0);
    ITensor* index = b.n->addConstant(Dims{1, {2}},
                                      [&] {
                                        b.kept.push_back(stored({3, 1}, DataType::kINT32));
                                        return Weights{DataType::kINT32, b.kept.back().data(), 2};
                                      }())
                         ->getOutput(0);
    ITensor* picked = b.n->addGather(*product, *index, 1)->getOutput(0);
    CHECK(same(picked->getDimensions(), {2, 2}));
    ISoftMaxLayer* softmax = b.n->addSoftMax(*picked);
    softmax->setAxes(2U);
    ITensor* padded = b.n->addPaddingNd(*softmax->getOutput(0), DimsHW{0, 1}, DimsHW{0, 0})->getOutput(0);
    b.run(__LINE__, x, padded, [&](Numbers const& in) {
      Numbers y;
      for (size_t row = 0; row < 2; ++row) {
        double v[2] = {};
        for (size_t i = 0; i < 2; ++i)
          for (size_t k = 0; k < 3; ++k) v[i] += in[row * 3 + k] * matrix[k * 4 + (i ? 1 : 3)];
        double first = 1 / (1 + std::exp(v[1] - v[0]));
        for (double n : {0., first, 1 - first}) y.push_back(n);
      }
      return y;
    });
  }
}

static void one_for_all_of_a_batch() {
  Batch b(3);
  ITensor *x = b.n->addInput("x", DataType::kFLOAT, Dims{1, {4}}),
          *c = b.n->addInput("c", DataType::kFLOAT, Dims{1, {4}});
  c->setBroadcastAcrossBatch(true);
  CHECK(c->getBroadcastAcrossBatch() && !x->getBroadcastAcrossBatch());
  ITensor* y = b.n->addElementWise(*x, *c, ElementWiseOperation::kPROD)->getOutput(0);
  y->setName("y");
  b.n->markOutput(*y);
  ICudaEngine* engine = b.builder->buildEngineWithConfig(*b.n, *b.config);
  if (!engine) return fail_at(__LINE__, b.log.errors.back());
  IExecutionContext* context = engine->createExecutionContext();
  std::string in = stored(some(12), DataType::kFLOAT), same_for_all = stored({1, 2, 3, 4}, DataType::kFLOAT),
              out(48, '\0');
  void* bindings[3] = {&in[0], &same_for_all[0], &out[0]};
  CHECK(context->execute(3, bindings));
  Numbers v = some(12), found = loaded(out, DataType::kFLOAT);
  for (size_t i = 0; i < 12; ++i) CHECK(found[i] == v[i] * double(i % 4 + 1));
  ++cases;
  context->destroy();
  engine->destroy();
  CHECK(b.log.errors.empty());
}

static void what_is_refused() {
  Batch b(2);
  b.refused(__LINE__, b.n->addInput("open", DataType::kFLOAT, Dims2{-1, 3}) == nullptr, "all are numbers");
  ITensor* x = b.n->addInput("x", DataType::kFLOAT, Dims2{2, 3});
  b.refused(__LINE__, b.n->addShape(*x) == nullptr, "layers of kind Shape in networks with implicit batch");
  b.refused(__LINE__, b.n->addLoop() == nullptr, "in networks with implicit batch");
  b.builder->setMaxBatchSize(0);
  b.refused(__LINE__, b.builder->getMaxBatchSize() == 2, "the largest batch is 0");
  ITensor* c = b.n->addConstant(Dims2{1, 2}, b.weights({1, 2}))->getOutput(0);
  b.n->markOutput(*c);
  b.refused(__LINE__, b.builder->buildSerializedNetwork(*b.n, *b.config) == nullptr, "is the same for all of a batch");
  IShuffleLayer* wrong = b.n->addShuffle(*x);
  wrong->setReshapeDimensions(Dims2{4, 2});
  b.refused(__LINE__, wrong->getOutput(0)->getDimensions().nbDims == -1, "has 8 elements, the input has 6");
}

int main() {
  a_small_classifier();
  axes_of_each();
  one_for_all_of_a_batch();
  what_is_refused();
  return done("implicit batch");
}
