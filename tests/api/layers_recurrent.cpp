// Layers over sequences, and assertions, in every generation; recurrent layers are generation 8's.
#include "layers.h"

using Shape = std::vector<int64_t>;

static void ragged_softmax() {
  Net net(__LINE__);
  Numbers v = some(2 * 3 * 5), bounds = {5, 0, 2, 1, 9, -1}, right;
  v[12] = NAN, v[14] = INFINITY;  // behind the bound of row 2: nobody looks
  for (size_t row = 0; row < 6; ++row) {
    auto n = size_t(std::min(std::max(bounds[row], 0.), 5.));
    double sum = 0;
    for (size_t k = 0; k < n; ++k) sum += std::exp(v[5 * row + k]);
    for (size_t k = 0; k < 5; ++k) right.push_back(k < n ? std::exp(v[5 * row + k]) / sum : 0);
  }
  for (bool open : {false, true}) {
    std::vector<int> axes = open ? std::vector<int>{0, 1, 2} : std::vector<int>{};
    ITensor* x = net.in({2, 3, 5}, v, DataType::kFLOAT, axes);
    ITensor* rows = net.in({2, 3, 1}, bounds, DataType::kINT32, open ? std::vector<int>{0, 1} : std::vector<int>{});
    IRaggedSoftMaxLayer* layer = net->addRaggedSoftMax(*x, *rows);
    CHECK(layer->getType() == LayerType::kRAGGED_SOFTMAX && layer->getNbInputs() == 2);
    net.want(layer, {2, 3, 5}, right);
  }
  net.run();
  IRaggedSoftMaxLayer* wrong = net->addRaggedSoftMax(*net.inputs[0].tensor, *net.list({1, 2}));
  REFUSED(net, wrong->getOutput(0)->getDimensions().nbDims == -1, "expected one for each row");
}

// y = x where x's extents along axes 0 and 1 are alike and every number of x is below the limit.
struct Guarded {
  Net net;
  IAssertionLayer *square, *small;
  explicit Guarded(int line, Shape const& shape, bool open) : net(line) {
    ITensor* x =
        net.in(shape, some(count(shape)), DataType::kFLOAT, open ? std::vector<int>{0, 1} : std::vector<int>{});
    ITensor* limit = net.in({1, 1}, {1});
    ITensor* extents = net->addShape(*x)->getOutput(0);
    auto one = [&](int64_t i) { return net->addGather(*extents, *net.list({i}), 0)->getOutput(0); };
    auto both = [&](ITensor* a, ITensor* b, ElementWiseOperation o) {
      return net->addElementWise(*a, *b, o)->getOutput(0);
    };
    square = net->addAssertion(*both(one(0), one(1), ElementWiseOperation::kEQUAL), "not square");
    square->setName("guard");
    small = net->addAssertion(*both(x, limit, ElementWiseOperation::kLESS), "replaced below");
    small->setMessage("too large");
    x = net->addUnary(*x, UnaryOperation::kNEG)->getOutput(0);
    net.want(x, shape, mapped(some(count(shape)), [](double v) { return -v; }));
  }
};

static void assertions() {
  {
    Guarded holds(__LINE__, {2, 2}, true);
    CHECK(holds.square->getType() == LayerType::kASSERTION && holds.square->getNbOutputs() == 0);
    CHECK(!std::strcmp(holds.square->getMessage(), "not square") &&
          !std::strcmp(holds.small->getMessage(), "too large"));
    REFUSED(holds.net, holds.square->getOutput(0) == nullptr, "output 0 does not exist");
    Numbers limit = {3};
    holds.net.inputs[1].bytes = stored(limit, DataType::kFLOAT);
    holds.net.run();
  }
  {  // known when the network is built
    Guarded wrong(__LINE__, {2, 3}, false);
    IHostMemory* plan = wrong.net.builder->buildSerializedNetwork(*wrong.net.n, *wrong.net.config);
    REFUSED(wrong.net, plan == nullptr, "not square");
  }
  {  // found out by folding: more numbers than shapes have
    Net net(__LINE__);
    ITensor* x = net.in({2}, {1, 2});
    Numbers zeros(100, 0), ones(100, 1);
    ones[99] = 0;
    ITensor* less =
        net->addElementWise(*net.constant({100}, zeros), *net.constant({100}, ones), ElementWiseOperation::kLESS)
            ->getOutput(0);
    net->addAssertion(*less, "a constant is no good");
    net->markOutput(*x);
    REFUSED(net, net.builder->buildSerializedNetwork(*net.n, *net.config) == nullptr, "a constant is no good");
    net->addAssertion(*x, "floats");
    net->unmarkOutput(*x);
    net->markOutput(*net->addUnary(*x, UnaryOperation::kABS)->getOutput(0));
    REFUSED(net, net.builder->buildSerializedNetwork(*net.n, *net.config) == nullptr, "expected booleans");
  }
  // A run that ends says so, and the next one runs.
  Guarded guarded(__LINE__, {2, 2}, true);
  Net& net = guarded.net;
  IOptimizationProfile* profile = net.builder->createOptimizationProfile();
  for (int which = 0; which < 3; ++which) {
    profile->setDimensions("in0", OptProfileSelector(which), which == 0 ? dims({1, 1}) : dims({2, 3}));
    profile->setDimensions("in1", OptProfileSelector(which), dims({1, 1}));
  }
  net.config->addOptimizationProfile(profile);
  IHostMemory* plan = net.builder->buildSerializedNetwork(*net.n, *net.config);
  IRuntime* runtime = createInferRuntime(net.log);
  ICudaEngine* engine = plan ? runtime->deserializeCudaEngine(plan->data(), plan->size()) : nullptr;
  if (!engine) return fail_at(__LINE__, "no engine: " + (net.log.errors.empty() ? "" : net.log.errors.back()));
  IExecutionContext* context = engine->createExecutionContext();
  bool enqueued = false;
  auto run = [&](Shape const& shape, float limit, std::vector<float> x) {
    std::vector<float> y(6, 0.F);
    context->setInputShape("in0", dims(shape));
    context->setInputShape("in1", dims({1, 1}));
    context->setTensorAddress("in0", x.data());
    context->setTensorAddress("in1", &limit);
    context->setTensorAddress("out0", y.data());
    enqueued = context->enqueueV3(nullptr);
    cudaStreamSynchronize(nullptr);
    return y;
  };
  auto said = [&](int line, char const* text) {
    bool one = net.log.errors.size() == 1 && net.log.errors[0].find(text) != std::string::npos;
    if (!one) fail_at(line, std::string("expected one error: ") + text);
    for (std::string const& e : net.log.errors)
      if (!one) std::printf("    %s\n", e.c_str());
    net.log.errors.clear();
  };
  ++cases;
  CHECK(run({2, 2}, 5, {1, 2, 3, 4}) == std::vector<float>({-1, -2, -3, -4, 0, 0}) && net.log.errors.empty());
  run({2, 2}, 4, {1, 2, 3, 4});
  said(__LINE__, "TN108");
  run({2, 3}, 9, {1, 2, 3, 4, 5, 6});  // shapes decide: nothing is enqueued
  CHECK(!enqueued);
  said(__LINE__, "TN108: assertion 'guard': not square");
  run({2, 2}, 4, {1, 2, 3, 4});
  said(__LINE__, "too large");
  CHECK(run({2, 2}, 5, {4, 3, 2, 1}) == std::vector<float>({-4, -3, -2, -1, 0, 0}) && net.log.errors.empty());
  // Who waits for the end of the run is told at once.
  std::vector<float> x = {1, 2, 3, 4}, y(4);
  float limit = 4;
  void* bindings[] = {x.data(), &limit, y.data()};
  REFUSED(net, !context->executeV2(bindings), "too large");
  limit = 5;
  CHECK(context->executeV2(bindings) && y[3] == -4 && net.log.errors.empty());
  delete context;
  delete engine;
  delete runtime;
  delete plan;
}

#if NV_TENSORRT_MAJOR < 10
using Gates = std::vector<RNNGateType>;

static Gates gates_of(RNNOperation o) {
  using G = RNNGateType;
  if (o == RNNOperation::kLSTM) return {G::kINPUT, G::kOUTPUT, G::kFORGET, G::kCELL};
  if (o == RNNOperation::kGRU) return {G::kUPDATE, G::kRESET, G::kHIDDEN};
  return {G::kINPUT};
}

struct Gate {
  Numbers w, r, wb, rb;  // [H,I], [H,H], [H], [H]
};

static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// One direction of one layer over one sequence of `length` steps: x [T,I] to y [T,H]; h and c are the states.
static Numbers sweep(RNNOperation o, std::vector<Gate> const& gates, Numbers const& x, int64_t inputs, int64_t steps,
                     int64_t length, bool back, bool skip, Numbers& h, Numbers& c) {
  auto units = int64_t(h.size());
  Numbers y(size_t(steps * units), 0);
  for (int64_t s = 0; s < length; ++s) {
    int64_t t = back ? length - 1 - s : s;
    auto of_x = [&](Gate const& g, int64_t j) {
      double sum = g.wb.empty() ? 0 : g.wb[size_t(j)];
      for (int64_t i = 0; i < inputs && !skip; ++i) sum += g.w[size_t(j * inputs + i)] * x[size_t(t * inputs + i)];
      return skip ? sum + x[size_t(t * inputs + j)] : sum;
    };
    Numbers before = h;
    auto of_h = [&](Gate const& g, int64_t j) {
      double sum = g.rb.empty() ? 0 : g.rb[size_t(j)];
      for (int64_t i = 0; i < units; ++i) sum += g.r[size_t(j * units + i)] * before[size_t(i)];
      return sum;
    };
    for (int64_t j = 0; j < units; ++j) {
      auto a = [&](size_t g) { return of_x(gates[g], j) + of_h(gates[g], j); };
      double& out = h[size_t(j)];
      if (o == RNNOperation::kRELU) out = std::max(a(0), 0.);
      if (o == RNNOperation::kTANH) out = std::tanh(a(0));
      if (o == RNNOperation::kGRU) {
        double z = sigmoid(a(0)), reset = sigmoid(a(1));
        out = (1 - z) * std::tanh(of_x(gates[2], j) + reset * of_h(gates[2], j)) + z * before[size_t(j)];
      }
      if (o == RNNOperation::kLSTM) {
        double& cell = c[size_t(j)];
        cell = sigmoid(a(2)) * cell + sigmoid(a(0)) * std::tanh(a(3));
        out = sigmoid(a(1)) * std::tanh(cell);
      }
      y[size_t(t * units + j)] = out;
    }
  }
  return y;
}

struct Case {
  RNNOperation operation;
  int32_t layers, ways;
  bool skip, lengths, states, biases;
  Shape lead;  // index axes
};

static void recurrent(Case const& k) {
  Net net(__LINE__);
  int64_t const steps = 4, units = 3, inputs = k.skip ? 3 : 2, batch = count(k.lead), all = k.layers * k.ways;
  bool lstm = k.operation == RNNOperation::kLSTM;
  auto shape = [&](Shape const& behind) {
    Shape s = k.lead;
    s.insert(s.end(), behind.begin(), behind.end());
    return s;
  };
  Numbers v = some(batch * steps * inputs), h0(size_t(batch * all * units), 0), c0 = h0;
  Numbers lengths(k.lead.empty() ? 1 : size_t(batch));
  std::fill(lengths.begin(), lengths.end(), double(steps));
  ITensor* x =
      net.in(shape({steps, inputs}), v, DataType::kFLOAT, k.lead.empty() ? std::vector<int>{} : std::vector<int>{0});
  IRNNv2Layer* layer = net->addRNNv2(*x, k.layers, int32_t(units), int32_t(steps), k.operation);
  CHECK(layer->getType() == LayerType::kRNN_V2 && layer->getLayerCount() == k.layers &&
        layer->getHiddenSize() == units && layer->getMaxSeqLength() == steps && layer->getDataLength() == inputs &&
        layer->getOperation() == k.operation);
  CHECK(layer->getNbOutputs() == (lstm ? 3 : 2) && !layer->getHiddenState() && !layer->getSequenceLengths() &&
        !layer->getCellState());
  KEEPS(layer, Direction, k.ways == 2 ? RNNDirection::kBIDIRECTION : RNNDirection::kUNIDIRECTION);
  KEEPS(layer, InputMode, k.skip ? RNNInputMode::kSKIP : RNNInputMode::kLINEAR);
  if (k.states) {
    h0 = mapped(some(int64_t(h0.size()), 31), [](double t) { return t / 2; });
    layer->setHiddenState(*net.in(shape({all, units}), h0));
    CHECK(layer->getHiddenState() == net.inputs.back().tensor);
    if (lstm) {
      c0 = some(int64_t(c0.size()), 32);
      layer->setCellState(*net.in(shape({all, units}), c0));
      CHECK(layer->getCellState() == net.inputs.back().tensor);
    }
  }
  if (k.lengths) {
    for (size_t b = 0; b < lengths.size(); ++b) lengths[b] = double((b + 3) % 5);  // 3, 4, 0, …
    layer->setSequenceLengths(*net.in(k.lead, lengths, DataType::kINT32));
    CHECK(layer->getSequenceLengths() == net.inputs.back().tensor);
  }
  Numbers ends(h0.size(), 0), cells(h0.size(), 0), now = v;
  int64_t width = inputs;
  unsigned seed = 40;
  for (int32_t l = 0; l < k.layers; ++l) {
    Numbers next(size_t(batch * steps * units * k.ways), 0);
    for (int32_t way = 0; way < k.ways; ++way) {
      int32_t index = l * k.ways + way;
      bool skip = k.skip && l == 0;
      std::vector<Gate> gates;
      for (RNNGateType type : gates_of(k.operation)) {
        auto numbers = [&](int64_t n) { return mapped(some(n, ++seed), [](double t) { return t / 2; }); };
        Gate g{numbers(units * width), numbers(units * units), {}, {}};
        if (!skip) {
          Weights w = net.weights(g.w);
          layer->setWeightsForGate(index, type, true, w);
          CHECK(layer->getWeightsForGate(index, type, true).values == w.values);
        }
        layer->setWeightsForGate(index, type, false, net.weights(g.r));
        CHECK(layer->getWeightsForGate(index, type, false).count == units * units);
        if (k.biases) {
          g.wb = numbers(units), g.rb = numbers(units);
          layer->setBiasForGate(index, type, true, net.weights(g.wb));
          layer->setBiasForGate(index, type, false, net.weights(g.rb));
        }
        CHECK(layer->getBiasForGate(index, type, true).count == (k.biases ? units : 0));
        gates.push_back(g);
      }
      for (int64_t b = 0; b < batch; ++b) {
        auto at = [&](Numbers const& from) {
          auto first = from.begin() + (b * all + index) * units;
          return Numbers(first, first + units);
        };
        Numbers h = at(h0), c = at(c0);
        Numbers row(now.begin() + b * steps * width, now.begin() + (b + 1) * steps * width);
        Numbers y = sweep(k.operation, gates, row, width, steps, int64_t(lengths[size_t(b)]), way == 1, skip, h, c);
        std::copy(h.begin(), h.end(), ends.begin() + (b * all + index) * units);
        std::copy(c.begin(), c.end(), cells.begin() + (b * all + index) * units);
        for (int64_t t = 0; t < steps; ++t)
          std::copy_n(y.begin() + t * units, units, next.begin() + ((b * steps + t) * k.ways + way) * units);
      }
    }
    now = next;
    width = units * k.ways;
  }
  net.want(layer->getOutput(0), shape({steps, width}), now);
  net.want(layer->getOutput(1), shape({all, units}), ends);
  if (lstm) net.want(layer->getOutput(2), shape({all, units}), cells);
  net.run();
}

static void recurrences() {
  using O = RNNOperation;
  for (O o : {O::kRELU, O::kTANH, O::kLSTM, O::kGRU}) {
    recurrent({o, 1, 1, false, false, false, false, {2}});
    recurrent({o, 2, 2, false, true, true, true, {3}});
    recurrent({o, 2, 1, true, true, false, true, {2, 2}});
    recurrent({o, 1, 2, true, false, true, false, {}});
  }
  Net net(__LINE__);
  ITensor* x = net.in({2, 4, 3}, some(24));
  REFUSED(net, net->addRNNv2(*x, 0, 3, 4, O::kGRU) == nullptr, "1 of each is the least");
  IRNNv2Layer* layer = net->addRNNv2(*x, 1, 3, 4, O::kGRU);
  Weights w = net.weights(some(9)), few = net.weights(some(4));
  auto refused_gate = [&](int32_t at, RNNGateType gate) {
    layer->setWeightsForGate(at, gate, true, w);
    return layer->getWeightsForGate(0, RNNGateType::kRESET, true).count == 0;
  };
  REFUSED(net, refused_gate(0, RNNGateType::kFORGET), "kFORGET is no gate");
  REFUSED(net, refused_gate(2, RNNGateType::kRESET), "layer 2 does not exist");
  REFUSED(net, refused_gate(-1, RNNGateType::kRESET), "layer -1 does not exist");
  REFUSED(net, layer->getWeightsForGate(7, RNNGateType::kRESET, true).values == nullptr, "layer 7 does not exist");
  REFUSED(net, layer->getOutput(0)->getDimensions().nbDims == -1, "R of layer 0, gate kUPDATE, is missing");
  REFUSED(net, (layer->setOperation(O::kLSTM), layer->getOperation() == O::kGRU), "one result more");
  REFUSED(net, (layer->setCellState(*x), !layer->getCellState()), "only an LSTM has cells");
  layer->setOperation(O::kTANH);
  CHECK(layer->getOperation() == O::kTANH && net.log.errors.empty());
  for (bool of_x : {true, false}) layer->setWeightsForGate(0, RNNGateType::kINPUT, of_x, w);
  CHECK(same(layer->getOutput(0)->getDimensions(), {2, 4, 3}) && same(layer->getOutput(1)->getDimensions(), {2, 1, 3}));
  layer->setWeightsForGate(0, RNNGateType::kINPUT, true, few);
  REFUSED(net, layer->getOutput(0)->getDimensions().nbDims == -1, "has 4 numbers, expected 9");
  layer->setWeightsForGate(0, RNNGateType::kINPUT, true, w);
  layer->setHiddenState(*net.in({2, 3}, some(6)));
  REFUSED(net, layer->getOutput(0)->getDimensions().nbDims == -1, "the first hidden state is");
  IRNNv2Layer* longer = net->addRNNv2(*x, 1, 3, 5, O::kTANH);
  REFUSED(net, longer->getOutput(0)->getDimensions().nbDims == -1, "not the 5 steps");
  IRNNv2Layer* skipping = net->addRNNv2(*x, 1, 2, 4, O::kTANH);
  skipping->setInputMode(RNNInputMode::kSKIP);
  skipping->setWeightsForGate(0, RNNGateType::kINPUT, false, few);
  REFUSED(net, skipping->getOutput(0)->getDimensions().nbDims == -1, "kSKIP takes 3 numbers");
}
#endif

int main() {
  ragged_softmax();
  assertions();
#if NV_TENSORRT_MAJOR < 10
  recurrences();
#endif
  return done("recurrent");
}
