// Layers that make numbers or convert them, and what all layers have in common, in every generation.
#include "layers.h"

static void constants_and_types() {
  Net net(__LINE__);
  Numbers v = some(6);
  Weights w = net.weights(v);
  IConstantLayer* constant = net->addConstant(dims({2, 3}), w);
  CHECK(constant->getWeights().values == w.values && constant->getWeights().count == 6);
  CHECK(constant->getWeights().type == DataType::kFLOAT && same(constant->getDimensions(), {2, 3}));
  net.want(constant, {2, 3}, v);
  IConstantLayer* other = net->addConstant(dims({2, 3}), w);
  other->setDimensions(dims({4}));
  other->setWeights(net.weights({1, 2, 3, 4}, DataType::kINT32));
  net.want(other, {4}, {1, 2, 3, 4});
  ITensor* x = net.in({4}, {-1.5, 0, 2.5, 300});
  IIdentityLayer* same_type = net->addIdentity(*x);
  CHECK(same_type->getOutput(0)->getType() == DataType::kFLOAT);
  net.want(same_type, {4}, {-1.5, 0, 2.5, 300});
  IIdentityLayer* whole = net->addIdentity(*x);
  whole->setOutputType(0, DataType::kINT32);
  CHECK(whole->getOutput(0)->getType() == DataType::kINT32);
  net.want(whole, {4}, {-1, 0, 2, 300});
  IIdentityLayer* truth = net->addIdentity(*x);
  truth->getOutput(0)->setType(DataType::kBOOL);
  net.want(truth, {4}, {1, 0, 1, 1});
  ICastLayer* cast = net->addCast(*x, DataType::kINT32);
  CHECK(cast->getToType() == DataType::kINT32);
  KEEPS(cast, ToType, DataType::kBOOL);
  net.want(cast, {4}, {1, 0, 1, 1});
  IShapeLayer* shape = net->addShape(*net.in({2, 3}, v));
  net.want(shape, {2}, {2, 3});
  net.run();
  REFUSED(net, net->addConstant(dims({5}), w) == nullptr, "has 6 numbers, expected 5");
  REFUSED(net, net->addConstant(dims({6}), Weights{DataType::kFLOAT, nullptr, 6}) == nullptr, "pointer is null");
  REFUSED(net, net->addConstant(dims({-1}), w) == nullptr, "open");
}

static void fills() {
  Net net(__LINE__);
  IFillLayer* line = net->addFill(dims({5}), FillOperation::kRANDOM_UNIFORM);
  KEEPS(line, Operation, FillOperation::kLINSPACE);
  KEEPS(line, Alpha, 1.5);
  KEEPS(line, Beta, 0.25);
  CHECK(same(line->getDimensions(), {5}));
  net.want(line, {5}, {1.5, 1.75, 2, 2.25, 2.5});
  IFillLayer* plane = net->addFill(dims({0}), FillOperation::kLINSPACE);
  plane->setDimensions(dims({2, 3}));
  plane->setInput(1, *net.constant({}, {10}));
  plane->setInput(2, *net.constant({2}, {100, 0.5}));
  CHECK(plane->getNbInputs() == 3 && plane->getInput(0) == nullptr && net.log.errors.empty());
  net.want(plane, {2, 3}, {10, 10.5, 11, 110, 110.5, 111});
  IFillLayer* whole = net->addFill(dims({}), FillOperation::kLINSPACE);
  ITensor* open = net.in({4, 2}, some(8), DataType::kFLOAT, {0});
  ITensor* rows = net->addGather(*net->addShape(*open)->getOutput(0), *net.list({0}), 0)->getOutput(0);
  whole->setInput(0, *rows);
  whole->setInput(1, *net.constant({}, {3}, DataType::kINT32));
  whole->setInput(2, *net.constant({1}, {-2}, DataType::kINT32));
  CHECK(whole->getOutput(0)->getType() == DataType::kINT32);
  net.want(whole, {4}, {3, 1, -1, -3});
#if NV_TENSORRT_MAJOR >= 10
  IFillLayer* exact = net->addFill(dims({2}), FillOperation::kLINSPACE, DataType::kINT64);
  exact->setAlphaInt64((int64_t(1) << 53) + 1);
  CHECK(!exact->isAlphaBetaInt64());
  exact->setBetaInt64(2);
  CHECK(exact->isAlphaBetaInt64() && exact->getAlphaInt64() == (int64_t(1) << 53) + 1 &&
        exact->getToType() == DataType::kINT64);
  ITensor* less =
      net->addElementWise(*exact->getOutput(0), *net.constant({1}, {double(int64_t(1) << 53)}, DataType::kINT64),
                          ElementWiseOperation::kSUB)
          ->getOutput(0);
  net.want(less, {2}, {1, 3});
#endif
  net.run();
  // Random numbers: within their bounds, with their mean, and other ones in another layer.
  Net random(__LINE__);
  IFillLayer *uniform = random->addFill(dims({4096}), FillOperation::kRANDOM_UNIFORM), *normal = nullptr;
  uniform->setAlpha(3);
  uniform->setBeta(5);
  normal = random->addFill(dims({4096}), FillOperation::kRANDOM_NORMAL);
  normal->setAlpha(-1);
  normal->setBeta(0.5);
  IFillLayer* given = random->addFill(dims({4096}), FillOperation::kRANDOM_UNIFORM);
  given->setInput(1, *random.constant({}, {3}));
  given->setInput(2, *random.constant({}, {5}));
  auto mean = [&](ITensor* t) { return random->addReduce(*t, ReduceOperation::kAVG, 1U, false); };
  auto extreme = [&](ITensor* t, ReduceOperation how) { return random->addReduce(*t, how, 1U, false)->getOutput(0); };
  auto holds = [&](ITensor* t, ElementWiseOperation how, double bound) {
    ITensor* c = random->addConstant(dims({}), random.weights({bound}))->getOutput(0);
    random.want(random->addElementWise(*t, *c, how), {}, {1});
  };
  for (IFillLayer* layer : {uniform, given}) {
    random.want(mean(layer->getOutput(0)), {}, {4}, 0.01);
    holds(extreme(layer->getOutput(0), ReduceOperation::kMIN), ElementWiseOperation::kGREATER, 2.9999);
    holds(extreme(layer->getOutput(0), ReduceOperation::kMIN), ElementWiseOperation::kLESS, 3.01);
    holds(extreme(layer->getOutput(0), ReduceOperation::kMAX), ElementWiseOperation::kLESS, 5.0001);
    holds(extreme(layer->getOutput(0), ReduceOperation::kMAX), ElementWiseOperation::kGREATER, 4.99);
  }
  random.want(mean(normal->getOutput(0)), {}, {-1}, 0.03);
  holds(extreme(normal->getOutput(0), ReduceOperation::kMAX), ElementWiseOperation::kGREATER, 0.2);
  ITensor* apart =
      random->addElementWise(*uniform->getOutput(0), *given->getOutput(0), ElementWiseOperation::kSUB)->getOutput(0);
  holds(extreme(apart, ReduceOperation::kMAX), ElementWiseOperation::kGREATER, 1);
  random.run();
  IFillLayer* wrong = net->addFill(dims({2, 3}), FillOperation::kLINSPACE);
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "a step for each");
}

static void quantization() {
  Net net(__LINE__);
  ITensor* x = net.in({2, 3}, {0.3, -0.5, 100, 1.25, -3, 0.75});
  IQuantizeLayer* one = net->addQuantize(*x, *net.constant({}, {0.5}));
  CHECK(one->getOutput(0)->getType() == DataType::kINT8);
  net.want(one, {2, 3}, {1, -1, 127, 2, -6, 2});
  IQuantizeLayer* rows = net->addQuantize(*x, *net.constant({2}, {1, 0.25}));
  KEEPS(rows, Axis, 0);
  net.want(rows, {2, 3}, {0, 0, 100, 5, -12, 3});
  IDequantizeLayer* back = net->addDequantize(*rows->getOutput(0), *net.constant({2}, {1, 0.25}));
  KEEPS(back, Axis, 0);
  net.want(back, {2, 3}, {0, 0, 100, 1.25, -3, 0.75});
  IDequantizeLayer* columns = net->addDequantize(*one->getOutput(0), *net.constant({3}, {1, 2, 3}));
  columns->setAxis(1);
  net.want(columns, {2, 3}, {1, -2, 381, 2, -12, 6});
  // A scale of the input's rank is one of blocks: here of 2 rows and 1 column, then of a row each.
  Numbers blocks = {0.5, 1, 2};
  IQuantizeLayer* block = net->addQuantize(*x, *net.constant({1, 3}, blocks));
  net.want(block, {2, 3}, {1, 0, 50, 2, -3, 0});
  net.want(net->addDequantize(*block->getOutput(0), *net.constant({2, 1}, {0.5, 2})), {2, 3}, {0.5, 0, 25, 4, -6, 0});
#if NV_TENSORRT_MAJOR >= 10
  IDequantizeLayer* typed = net->addDequantize(*one->getOutput(0), *net.constant({}, {0.5}), DataType::kFLOAT);
  CHECK(typed->getToType() == DataType::kFLOAT &&
        net->addQuantize(*x, *net.constant({}, {1}), DataType::kINT8)->getToType() == DataType::kINT8);
  net.want(typed, {2, 3}, {0.5, -0.5, 63.5, 1, -3, 1});
#endif
  net.run();
  IQuantizeLayer* wrong = net->addQuantize(*x, *net.constant({2}, {1, 1}));
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "so that the axis, -1, has to be one");
}

// What is changed after it was used, wherever it stands.
static void changes() {
  Net net(__LINE__);
  Numbers v = some(24);
  ITensor* x = net.in({2, 3, 4}, v);
  IShuffleLayer* shape = net->addShuffle(*x);
  ISoftMaxLayer* softmax = net->addSoftMax(*shape->getOutput(0));
  IReduceLayer* sum = net->addReduce(*softmax->getOutput(0), ReduceOperation::kSUM, 1U, false);
  CHECK(same(sum->getOutput(0)->getDimensions(), {3, 4}) && softmax->getAxes() == 1U);
  shape->setReshapeDimensions(dims({1, 2, 3, 4}));  // the softmax's axis moves with the rank
  CHECK(same(sum->getOutput(0)->getDimensions(), {2, 3, 4}) && softmax->getAxes() == 2U);
  sum->setReduceAxes(2U);
  net.want(sum, {1, 3, 4}, Numbers(12, 1));
  IActivationLayer *first = net->addActivation(*x, ActivationType::kRELU),
                   *second = net->addActivation(*first->getOutput(0), ActivationType::kRELU);
  CHECK(second->getOutput(0)->getDimensions().nbDims == 3);
  second->setInput(0, *x);
  CHECK(second->getInput(0) == x && second->getNbInputs() == 1);
  first->setInput(0, *second->getOutput(0));  // now the other way round
  second->setActivationType(ActivationType::kCLIP);
  second->setAlpha(-1);
  second->setBeta(0.5);
  net.want(first, {2, 3, 4}, mapped(v, [](double t) { return std::min(std::max(t, 0.), 0.5); }));
  net.run();
  second->setInput(0, *first->getOutput(0));
  REFUSED(net, first->getOutput(0)->getDimensions().nbDims == -1, "depends on itself");
  second->setInput(0, *x);
  x->setDimensions(dims({2, 12}));
  CHECK(same(first->getOutput(0)->getDimensions(), {2, 12}) && net.log.errors.empty());
  REFUSED(net, (second->setInput(1, *x), second->getNbInputs() == 1), "input 1 does not exist");

  CHECK(!first->precisionIsSet() && first->getPrecision() == DataType::kFLOAT);
  first->setPrecision(DataType::kHALF);
  CHECK(first->precisionIsSet() && first->getPrecision() == DataType::kHALF);
  first->resetPrecision();
  CHECK(!first->precisionIsSet() && !first->outputTypeIsSet(0) && first->getOutputType(0) == DataType::kFLOAT);
  first->setOutputType(0, DataType::kHALF);
  CHECK(first->outputTypeIsSet(0) && first->getOutputType(0) == DataType::kHALF);
  first->resetOutputType(0);
  CHECK(!first->outputTypeIsSet(0) && net.log.errors.empty());
  REFUSED(net, (first->setOutputType(1, DataType::kHALF), true), "output 1 does not exist");
  first->setName("mine");
  CHECK(!std::strcmp(first->getName(), "mine") && !std::strcmp(second->getName(), "(Unnamed Layer* 4) [Activation]"));
  CHECK(!std::strcmp(second->getOutput(0)->getName(), "(Unnamed Layer* 4) [Activation]_output"));
}

#if NV_TENSORRT_MAJOR < 10
// An engine that was never written: the program's numbers are its own again after the build.
static void weights_end_with_the_build() {
  Net net(__LINE__);
  ITensor* x = net.in({2}, {1, 2});
  std::vector<float> numbers = {10, 20};
  ITensor* c = net->addConstant(dims({2}), Weights{DataType::kFLOAT, numbers.data(), 2})->getOutput(0);
  ITensor* y = net->addElementWise(*x, *c, ElementWiseOperation::kSUM)->getOutput(0);
  y->setName("y");
  net->markOutput(*y);
  ICudaEngine* engine = net.builder->buildEngineWithConfig(*net.n, *net.config);
  CHECK(engine != nullptr);
  numbers = {-7, -7};
  IExecutionContext* context = engine->createExecutionContext();
  float in[] = {1, 2}, out[] = {0, 0};
  void* bindings[] = {in, out};
  CHECK(context->executeV2(bindings) && out[0] == 11 && out[1] == 22);
  delete context;
  delete engine;
}
#endif

int main() {
#if NV_TENSORRT_MAJOR < 10
  weights_end_with_the_build();
#endif
  constants_and_types();
  fills();
  quantization();
  changes();
  return done("source");
}
