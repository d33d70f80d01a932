// Several optimization profiles: what they say, how a context changes between them, and what lies outside of them.
#include "layers.h"

static void set(IOptimizationProfile* profile, char const* input, std::vector<int64_t> const& low,
                std::vector<int64_t> const& usual, std::vector<int64_t> const& high) {
  CHECK(profile->setDimensions(input, OptProfileSelector::kMIN, dims(low)));
  CHECK(profile->setDimensions(input, OptProfileSelector::kOPT, dims(usual)));
  CHECK(profile->setDimensions(input, OptProfileSelector::kMAX, dims(high)));
}
static void set_values(IOptimizationProfile* profile, char const* input,
                       std::vector<std::vector<int32_t>> const& three) {
  for (int which = 0; which < 3; ++which)
    CHECK(profile->setShapeValues(input, OptProfileSelector(which), three[size_t(which)].data(),
                                  int32_t(three[size_t(which)].size())));
}

// y = relu(x w + 1), with x [batch,6], in three profiles.
struct Products {
  Net net;
  Numbers matrix = some(24, 2);
  IRuntime* runtime = nullptr;
  ICudaEngine* engine = nullptr;

  explicit Products(int line) : net(line) {
    ITensor* x = net->addInput("x", DataType::kFLOAT, dims({-1, 6}));
    ITensor* w = net.constant({6, 4}, matrix);
    ITensor* product = net->addMatrixMultiply(*x, MatrixOperation::kNONE, *w, MatrixOperation::kNONE)->getOutput(0);
    ITensor* sum = net->addElementWise(*product, *net.constant({1, 1}, {1}), ElementWiseOperation::kSUM)->getOutput(0);
    ITensor* y = net->addActivation(*sum, ActivationType::kRELU)->getOutput(0);
    y->setName("y");
    net->markOutput(*y);
    int64_t const ranges[3][3] = {{1, 2, 4}, {8, 64, 100}, {3, 3, 3}};
    for (int k = 0; k < 3; ++k) {
      IOptimizationProfile* profile = net.builder->createOptimizationProfile();
      set(profile, "x", {ranges[k][0], 6}, {ranges[k][1], 6}, {ranges[k][2], 6});
      CHECK(profile->isValid() && net.config->addOptimizationProfile(profile) == k);
    }
    CHECK(net.config->getNbOptimizationProfiles() == 3);
    IHostMemory* plan = net.builder->buildSerializedNetwork(*net.n, *net.config);
    runtime = createInferRuntime(net.log);
    engine = plan ? runtime->deserializeCudaEngine(plan->data(), plan->size()) : nullptr;
    if (!engine) {
      fail_at(line, "no engine: " + (net.log.errors.empty() ? "" : net.log.errors.back()));
      std::exit(1);
    }
    delete plan;
    ++cases;
  }
  ~Products() {
    delete engine;
    delete runtime;
  }
  Numbers wanted(Numbers const& x, int64_t rows) const {
    Numbers y;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < 4; ++c) {
        double sum = 1;
        for (int64_t k = 0; k < 6; ++k) sum += x[size_t(r * 6 + k)] * matrix[size_t(k * 4 + c)];
        y.push_back(std::max(0., sum));
      }
    return y;
  }
  void compare(std::string const& found, Numbers const& right, int line) {
    Numbers numbers = loaded(found.substr(0, right.size() * 4), DataType::kFLOAT);
    for (size_t i = 0; i < right.size(); ++i)
      if (std::fabs(numbers[i] - right[i]) > 1e-5 * std::max(1., right[i])) return fail_at(line, "another number");
  }
};

static void what_an_engine_says_of_them() {
  Products p(__LINE__);
  ICudaEngine* e = p.engine;
  CHECK(e->getNbOptimizationProfiles() == 3 && e->getNbIOTensors() == 2);
  CHECK(same(e->getTensorShape("x"), {-1, 6}) && same(e->getTensorShape("y"), {-1, 4}));
  CHECK(same(e->getProfileShape("x", 0, OptProfileSelector::kMIN), {1, 6}));
  CHECK(same(e->getProfileShape("x", 0, OptProfileSelector::kOPT), {2, 6}));
  CHECK(same(e->getProfileShape("x", 1, OptProfileSelector::kOPT), {64, 6}));
  CHECK(same(e->getProfileShape("x", 1, OptProfileSelector::kMAX), {100, 6}));
  CHECK(same(e->getProfileShape("x", 2, OptProfileSelector::kMIN), {3, 6}));
  REFUSED(p.net, e->getProfileShape("x", 3, OptProfileSelector::kMIN).nbDims == -1,
          "profile 3 does not exist; there are 3");
  REFUSED(p.net, e->getProfileShape("x", -1, OptProfileSelector::kMIN).nbDims == -1, "profile -1 does not exist");
  REFUSED(p.net, e->getProfileShape("y", 0, OptProfileSelector::kMIN).nbDims == -1, "'y' is an output");
#if NV_TENSORRT_MAJOR < 10
  CHECK(e->getNbBindings() == 6 && !std::strcmp(e->getBindingName(0), "x"));
  CHECK(!std::strcmp(e->getBindingName(2), "x [profile 1]") && !std::strcmp(e->getBindingName(5), "y [profile 2]"));
  CHECK(e->getBindingIndex("y") == 1 && e->getBindingIndex("y [profile 1]") == 3 && e->bindingIsInput(4));
  REFUSED(p.net, e->getBindingIndex("y [profile 3]") == -1, "no input or output is called 'y [profile 3]'");
  REFUSED(p.net, e->getBindingName(6) == nullptr, "binding 6 does not exist; there are 6");
  CHECK(same(e->getBindingDimensions(2), {-1, 6}) && e->getBindingDataType(3) == DataType::kFLOAT);
  CHECK(same(e->getProfileDimensions(0, 1, OptProfileSelector::kMIN), {8, 6}));
  CHECK(same(e->getProfileDimensions(4, 2, OptProfileSelector::kMIN), {3, 6}));
  REFUSED(p.net, e->getProfileDimensions(4, 1, OptProfileSelector::kMIN).nbDims == -1,
          "binding 4 belongs to profile 2, not to 1");
  CHECK(!e->isShapeBinding(0) && e->isExecutionBinding(0) && e->getLocation(0) == TensorLocation::kDEVICE);
  CHECK(e->getProfileShapeValues(0, 0, OptProfileSelector::kMIN) == nullptr);
#else
  CHECK(e->getDeviceMemorySizeForProfile(1) == e->getDeviceMemorySize());
  CHECK(e->getDeviceMemorySizeForProfile(0) <= e->getDeviceMemorySizeForProfile(1));
  CHECK(e->getDeviceMemorySizeForProfileV2(2) == int64_t(e->getDeviceMemorySizeForProfile(2)));
  CHECK(e->getProfileTensorValues("x", 0, OptProfileSelector::kMIN) == nullptr);
#endif
  CHECK(!e->isShapeInferenceIO("x") && e->getTensorLocation("x") == TensorLocation::kDEVICE);
  CHECK(p.net.log.errors.empty());
}

static void a_context_changes_between_them() {
  Products p(__LINE__);
  IExecutionContext* c = p.engine->createExecutionContext();
  IExecutionContext* other = p.engine->createExecutionContext();
  cudaStream_t stream;
  cudaStreamCreate(&stream);
  CHECK(c->getOptimizationProfile() == 0 && !c->allInputDimensionsSpecified() && !c->allInputShapesSpecified());
  char const* missing[2] = {};
  CHECK(c->inferShapes(2, missing) == 1 && !std::strcmp(missing[0], "x"));
  std::string x(600 * 4, '\0'), y(400 * 4, '\0');
  auto run = [&](IExecutionContext* context, int64_t rows, int line) {
    Numbers in = some(rows * 6, unsigned(rows));
    std::string bytes = stored(in, DataType::kFLOAT);
    std::copy(bytes.begin(), bytes.end(), x.begin());
    if (!context->setInputShape("x", dims({rows, 6}))) return fail_at(line, p.net.log.errors.back());
    CHECK(same(context->getTensorShape("y"), {rows, 4}) && context->allInputShapesSpecified());
    CHECK(context->inferShapes(0, nullptr) == 0);
    CHECK(context->getMaxOutputSize("y") == rows * 16);
    context->setTensorAddress("x", &x[0]);
    context->setTensorAddress("y", &y[0]);
    if (!context->enqueueV3(stream)) return fail_at(line, p.net.log.errors.back());
    cudaStreamSynchronize(stream);
    p.compare(y, p.wanted(in, rows), line);
  };
  run(c, 4, __LINE__);
  REFUSED(p.net, !c->setInputShape("x", dims({8, 6})), "input 'x' is [8,6], the profile 0 allows [1,6] to [4,6]");
  run(c, 1, __LINE__);
  CHECK(c->setOptimizationProfileAsync(1, stream) && c->getOptimizationProfile() == 1);
  CHECK(!c->allInputDimensionsSpecified() && same(c->getTensorShape("x"), {-1, 6}));
  REFUSED(p.net, !c->enqueueV3(stream), "set the shape of input 'x' first");
  REFUSED(p.net, !c->setInputShape("x", dims({4, 6})), "input 'x' is [4,6], the profile 1 allows [8,6] to [100,6]");
  run(c, 100, __LINE__);
  run(other, 3, __LINE__);
  run(c, 8, __LINE__);
  CHECK(other->setOptimizationProfileAsync(2, stream));
  REFUSED(p.net, !other->setInputShape("x", dims({4, 6})), "input 'x' is [4,6], the profile 2 allows [3,6] to [3,6]");
  run(other, 3, __LINE__);
  REFUSED(p.net, !c->setOptimizationProfileAsync(3, stream), "profile 3 does not exist; there are 3");
  CHECK(c->getOptimizationProfile() == 1);
  CHECK(c->setOptimizationProfileAsync(1, stream) && c->allInputDimensionsSpecified());  // it is chosen already
  CHECK(c->setOptimizationProfileAsync(0, stream));
  run(c, 2, __LINE__);
  CHECK(p.net.log.errors.empty());
  delete other;
  delete c;
  cudaStreamDestroy(stream);
}

// Work that is on the stream when its context changes the profile, or goes, runs as it was.
static void what_is_enqueued_stays_as_it_was() {
  Products p(__LINE__);
  IExecutionContext* c = p.engine->createExecutionContext();
  cudaStream_t stream;
  cudaStreamCreate(&stream);
  Numbers in = some(600, 5);
  std::string x = stored(in, DataType::kFLOAT);
  std::vector<std::string> y(8, std::string(400 * 4, '\0'));
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t captured = nullptr;
  c->setTensorAddress("x", &x[0]);
  for (int round = 0; round < 6; ++round) {
    int64_t rows = round % 2 ? 90 : 3;
    CHECK(c->setOptimizationProfileAsync(round % 2, stream) && c->setInputShape("x", dims({rows, 6})));
    c->setTensorAddress("y", &y[size_t(round)][0]);
    CHECK(c->enqueueV3(stream));
  }
  c->setTensorAddress("y", &y[6][0]);
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess);
  CHECK(c->enqueueV3(stream) && cudaStreamEndCapture(stream, &graph) == cudaSuccess);
  CHECK(cudaGraphInstantiate(&captured, graph, 0) == cudaSuccess);
  CHECK(c->setOptimizationProfileAsync(0, stream));
  CHECK(cudaGraphLaunch(captured, stream) == cudaSuccess);
  cudaStreamSynchronize(stream);
  for (int round = 0; round < 7; ++round) {
    int64_t rows = round % 2 || round == 6 ? 90 : 3;
    p.compare(y[size_t(round)], p.wanted(in, rows), __LINE__);
  }
  cudaGraphExecDestroy(captured);
  cudaGraphDestroy(graph);
  cudaStreamDestroy(stream);
  delete c;
  CHECK(p.net.log.errors.empty());
}

// The values of an input decide the shape of a result: a program sets their bounds, and reads them back.
static void values_that_decide_shapes() {
  Net net(__LINE__);
  ITensor *x = net->addInput("x", DataType::kFLOAT, dims({-1})), *to = net->addInput("to", DataType::kINT32, dims({2}));
  IShuffleLayer* shaped = net->addShuffle(*x);
  shaped->setInput(1, *to);
  CHECK(same(shaped->getOutput(0)->getDimensions(), {-1, -1}));
  ITensor* y = net->addUnary(*shaped->getOutput(0), UnaryOperation::kNEG)->getOutput(0);
  y->setName("y");
  net->markOutput(*y);
  for (int k = 0; k < 2; ++k) {
    IOptimizationProfile* profile = net.builder->createOptimizationProfile();
    set(profile, "x", {1 + 50 * k}, {6 + 50 * k}, {12 + 50 * k});
    CHECK(profile->getNbShapeValues("to") == -1 && profile->getShapeValues("to", OptProfileSelector::kMIN) == nullptr);
    set_values(profile, "to", {{1, 1 + k}, {2, 3 + k}, {6 + k, 60}});
    CHECK(profile->getNbShapeValues("to") == 2 && profile->getShapeValues("to", OptProfileSelector::kMAX)[0] == 6 + k);
    CHECK(profile->setExtraMemoryTarget(0.5F) && profile->getExtraMemoryTarget() == 0.5F);
    REFUSED(net, !profile->setExtraMemoryTarget(2), "expected 0 to 1");
    CHECK(profile->isValid() && net.config->addOptimizationProfile(profile) == k);
  }
  IOptimizationProfile* wrong = net.builder->createOptimizationProfile();
  set(wrong, "x", {1}, {1}, {1});
  set_values(wrong, "to", {{2, 1}, {1, 1}, {2, 1}});
  CHECK(!wrong->isValid());
  REFUSED(net, net.config->addOptimizationProfile(wrong) == -1, "not kMIN <= kOPT <= kMAX");
  int32_t const negative[2] = {2, -1};
  REFUSED(net, !wrong->setShapeValues("to", OptProfileSelector::kMIN, negative, 2), "value 1 of 'to' is -1");
  ++cases;
  IHostMemory* plan = net.builder->buildSerializedNetwork(*net.n, *net.config);
  IRuntime* runtime = createInferRuntime(net.log);
  ICudaEngine* engine = plan ? runtime->deserializeCudaEngine(plan->data(), plan->size()) : nullptr;
  if (!engine) return fail_at(__LINE__, net.log.errors.empty() ? "no engine" : net.log.errors.back());
  CHECK(engine->isShapeInferenceIO("to") && !engine->isShapeInferenceIO("x"));
  CHECK(engine->getTensorLocation("to") == TensorLocation::kHOST);
#if NV_TENSORRT_MAJOR < 10
  int32_t const* most = engine->getProfileShapeValues(1, engine->getBindingIndex("to"), OptProfileSelector::kMAX);
  CHECK(engine->isShapeBinding(1) && !engine->isExecutionBinding(1));
#else
  int32_t const* most = engine->getProfileTensorValues("to", 1, OptProfileSelector::kMAX);
  int64_t const* wide = engine->getProfileTensorValuesV2("to", 1, OptProfileSelector::kMIN);
  CHECK(wide && wide[0] == 1 && wide[1] == 2);
#endif
  CHECK(most && most[0] == 7 && most[1] == 60);
  IExecutionContext* c = engine->createExecutionContext();
  std::string in = stored(some(60), DataType::kFLOAT), out(60 * 4, '\0');
  int32_t values[2] = {2, 6};
  CHECK(c->setInputShape("x", dims({12})) && c->allInputDimensionsSpecified() && !c->allInputShapesSpecified());
  CHECK(same(c->getTensorShape("y"), {-1, -1}));
  char const* missing = nullptr;
  CHECK(c->inferShapes(1, &missing) == 1 && !std::strcmp(missing, "to"));
  c->setTensorAddress("x", &in[0]);
  c->setTensorAddress("y", &out[0]);
  REFUSED(net, !c->enqueueV3(nullptr), "the values of input 'to' decide extents");
  c->setTensorAddress("to", values);
  auto negated = [&](int64_t n) { return mapped(some(60), [](double v) { return -v; }).at(size_t(n)); };
  for (int64_t rows : {2, 3, 6, 1}) {
    values[0] = int32_t(rows), values[1] = int32_t(12 / rows);
    CHECK(c->allInputShapesSpecified() && same(c->getTensorShape("y"), {rows, 12 / rows}));
    CHECK(c->enqueueV3(nullptr) && cudaStreamSynchronize(nullptr) == cudaSuccess);
    CHECK(loaded(out, DataType::kFLOAT)[11] == negated(11));
  }
  values[0] = 7;
  REFUSED(net, !c->enqueueV3(nullptr), "value 0 of 'to' is 7, the profile 0 allows 1 to 6");
  values[0] = 5, values[1] = 2;
  bool const enqueued = c->enqueueV3(nullptr);  // that numbers do not fit is found out on the stream
  REFUSED(net, enqueued && cudaStreamSynchronize(nullptr) == cudaSuccess, "cannot see [12] as [5,2]");
  CHECK(c->setOptimizationProfileAsync(1, nullptr) && c->setInputShape("x", dims({56})));
  values[0] = 7, values[1] = 8;
  CHECK(same(c->getTensorShape("y"), {7, 8}));
  CHECK(c->enqueueV3(nullptr) && cudaStreamSynchronize(nullptr) == cudaSuccess);
  CHECK(loaded(out, DataType::kFLOAT)[55] == negated(55));
#if NV_TENSORRT_MAJOR < 10
  // Bindings of the second profile, and values that are set without an address.
  int32_t const set_here[2] = {4, 14};
  int32_t read[2] = {};
  CHECK(engine->getNbBindings() == 6);
  REFUSED(net, !c->setBindingDimensions(0, dims({56})), "binding 0 belongs to profile 0; this context uses 1");
  REFUSED(net, !c->setInputShapeBinding(3, set_here), "the values of 'x' decide no extents");
  CHECK(c->setBindingDimensions(3, dims({56})) && c->setInputShapeBinding(4, set_here));
  CHECK(c->getShapeBinding(4, read) && read[0] == 4 && read[1] == 14 && same(c->getBindingDimensions(5), {4, 14}));
  std::fill(out.begin(), out.end(), '\0');
  void* bindings[6] = {nullptr, nullptr, nullptr, &in[0], nullptr, &out[0]};
  CHECK(c->executeV2(bindings) && loaded(out, DataType::kFLOAT)[55] == negated(55));
  CHECK(c->setOptimizationProfile(0) && c->setBindingDimensions(0, dims({4})));
#endif
  CHECK(net.log.errors.empty());
  delete c;
  delete engine;
  delete runtime;
  delete plan;
}

static void builds_that_are_refused() {
  Net net(__LINE__);
  ITensor* x = net->addInput("x", DataType::kFLOAT, dims({-1, 3}));
  net->markOutput(*net->addUnary(*x, UnaryOperation::kABS)->getOutput(0));
  IOptimizationProfile *right = net.builder->createOptimizationProfile(),
                       *empty = net.builder->createOptimizationProfile();
  set(right, "x", {1, 3}, {2, 3}, {3, 3});
  net.config->addOptimizationProfile(right);
  net.config->addOptimizationProfile(empty);
  REFUSED(net, net.builder->buildSerializedNetwork(*net.n, *net.config) == nullptr,
          "profile 1: input 'x' is [x.0,3]; the profile needs its kMIN, kOPT and kMAX shapes");
  set(empty, "x", {1, 4}, {2, 4}, {3, 4});
  REFUSED(net, net.builder->buildSerializedNetwork(*net.n, *net.config) == nullptr, "the profile says 4, 4, 4");
  set(empty, "x", {5, 3}, {6, 3}, {7, 3});
  IHostMemory* plan = net.builder->buildSerializedNetwork(*net.n, *net.config);
  CHECK(plan && net.log.errors.empty());
  delete plan;
}

int main() {
  what_an_engine_says_of_them();
  a_context_changes_between_them();
  what_is_enqueued_stays_as_it_was();
  values_that_decide_shapes();
  builds_that_are_refused();
  return done("profiles");
}
