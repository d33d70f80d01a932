// Results whose sizes a run finds out: their shapes before and after it, output allocators, upper bounds; compared with
// plain loops.
#include "layers.h"

// Gives exactly as many bytes as are asked for, and notes what it is told.
struct Allocator : IOutputAllocator {
  std::string bytes;
  std::vector<int64_t> shape;
  void* offered = nullptr;
  int calls = 0, told = 0;
  bool refuses = false;

  void* give(char const*, void* current, uint64_t size, uint64_t alignment) {
    ++calls;
    offered = current;
    CHECK(alignment && !(alignment & (alignment - 1)));
    if (refuses) return nullptr;
    bytes.assign(size_t(size), '\x55');
    return &bytes[0];
  }
#if NV_TENSORRT_MAJOR >= 10
  void* reallocateOutput(char const*, void*, uint64_t, uint64_t) noexcept override {
    fail_at(__LINE__, "the form without a stream was called");
    return nullptr;
  }
  void* reallocateOutputAsync(char const* name, void* current, uint64_t size, uint64_t alignment,
                              cudaStream_t) override {
    return give(name, current, size, alignment);
  }
#else
  void* reallocateOutput(char const* name, void* current, uint64_t size, uint64_t alignment) noexcept override {
    return give(name, current, size, alignment);
  }
#endif
  void notifyShape(char const*, Dims const& d) noexcept override {
    ++told;
    shape.assign(d.d, d.d + d.nbDims);
  }
};

// A built network, with what a program needs to run it.
struct Built {
  Log& log;
  IRuntime* runtime;
  ICudaEngine* engine;
  IExecutionContext* context;

  Built(Net& net, int line) : log(net.log) {
    ++cases;
    IHostMemory* plan = net.builder->buildSerializedNetwork(*net.n, *net.config);
    if (!plan) fail_at(line, "no engine: " + (log.errors.empty() ? "" : log.errors.back()));
    runtime = createInferRuntime(log);
    engine = plan ? runtime->deserializeCudaEngine(plan->data(), plan->size()) : nullptr;
    context = engine ? engine->createExecutionContext() : nullptr;
    if (!context) std::exit(1);
    delete plan;
  }
  ~Built() {
    delete context;
    delete engine;
    delete runtime;
  }
  bool run() {
    bool done = context->enqueueV3(nullptr);
    return cudaStreamSynchronize(nullptr) == cudaSuccess && done;
  }
};

static void mark(INetworkDefinition* n, ITensor* t, char const* name) {
  t->setName(name);
  n->markOutput(*t);
}

static void profile_for(Net& net, char const* input, Dims low, Dims high) {
  IOptimizationProfile* profile = net.builder->createOptimizationProfile();
  profile->setDimensions(input, OptProfileSelector::kMIN, low);
  profile->setDimensions(input, OptProfileSelector::kOPT, high);
  profile->setDimensions(input, OptProfileSelector::kMAX, high);
  net.config->addOptimizationProfile(profile);
}

static Numbers where_not_zero(Numbers const& v, int64_t columns) {
  Numbers rows, cols;
  for (size_t i = 0; i < v.size(); ++i)
    if (v[i] != 0) rows.push_back(double(int64_t(i) / columns)), cols.push_back(double(int64_t(i) % columns));
  rows.insert(rows.end(), cols.begin(), cols.end());
  return rows;
}

static void indices_of_what_is_not_zero() {
  Net net(__LINE__);
  ITensor* x = net->addInput("x", DataType::kFLOAT, dims({-1, 3}));
  INonZeroLayer* layer = net->addNonZero(*x);
  CHECK(layer->getType() == LayerType::kNON_ZERO && layer->getOutput(0)->getType() == DataType::kINT32);
  CHECK(same(layer->getOutput(0)->getDimensions(), {2, -1}));
  mark(net.n, layer->getOutput(0), "y");
  // What goes on with the real size: the elements themselves, and how many there are.
  IShuffleLayer* turned = net->addShuffle(*layer->getOutput(0));
  turned->setFirstTranspose(Permutation{{1, 0}});
  mark(net.n, net->addGatherV2(*x, *turned->getOutput(0), GatherMode::kND)->getOutput(0), "found");
  mark(net.n, net->addShape(*layer->getOutput(0))->getOutput(0), "shape");
  profile_for(net, "x", dims({1, 3}), dims({4, 3}));
  Built b(net, __LINE__);
  CHECK(same(b.engine->getTensorShape("y"), {2, -1}) && same(b.context->getTensorShape("y"), {2, -1}));
  CHECK(b.context->getMaxOutputSize("y") == -1);
  REFUSED(net, true, "set the shapes of the inputs first");
  CHECK(b.context->getOutputAllocator("y") == nullptr);
  Allocator y, found;
  CHECK(b.context->setOutputAllocator("y", &y) && b.context->getOutputAllocator("y") == &y);
  std::string elements(12 * 4, '\x55');
  int64_t shape[2] = {};
  for (int round = 0; round < 4; ++round) {
    int64_t rows = round == 3 ? 1 : 4 - round;
    Numbers v = mapped(some(rows * 3, unsigned(round + 5)), [&](double n) { return round < 3 && n > 0 ? n : 0; });
    std::string in = stored(v, DataType::kFLOAT);
    Numbers wanted = where_not_zero(v, 3), kept;
    std::copy_if(v.begin(), v.end(), std::back_inserter(kept), [](double n) { return n != 0; });
    int64_t count = int64_t(kept.size());
    CHECK(round == 3 ? count == 0 : count > 0);
    CHECK(b.context->setInputShape("x", dims({rows, 3})));
    CHECK(same(b.context->getTensorShape("y"), {2, -1}) && same(b.context->getTensorShape("found"), {-1}));
    CHECK(b.context->getMaxOutputSize("y") == 2 * rows * 3 * 4);
    CHECK(b.context->getMaxOutputSize("found") == rows * 3 * 4);
    CHECK(b.context->setTensorAddress("x", &in[0]) && b.context->setTensorAddress("shape", shape));
    CHECK(b.context->setTensorAddress("found", &elements[0]));
    if (round == 1) b.context->setTensorAddress("y", shape);  // offered to the allocator
    CHECK(b.run());
    CHECK(y.calls == round + 1 && y.told == round + 1 && (round == 1) == (y.offered == shape));
    CHECK(y.shape == (std::vector<int64_t>{2, count}) && loaded(y.bytes, DataType::kINT32) == wanted);
    CHECK(same(b.context->getTensorShape("y"), {2, count}) && same(b.context->getTensorShape("found"), {count}));
    CHECK(loaded(elements.substr(0, size_t(count) * 4), DataType::kFLOAT) == kept);
    DataType counts = NV_TENSORRT_MAJOR >= 10 ? DataType(8) : DataType::kINT32;
    std::string told(reinterpret_cast<char*>(shape), 2 * size_of(counts));
    CHECK(loaded(told, counts) == (Numbers{2, double(count)}));
    b.context->setTensorAddress("y", nullptr);
  }
  // Wrong calls.
  y.refuses = true;
  CHECK(b.context->setInputShape("x", dims({4, 3})));
  std::string in = stored(some(12), DataType::kFLOAT);
  b.context->setTensorAddress("x", &in[0]);
  REFUSED(net, !b.run(), "the output allocator of 'y' has no");
  CHECK(b.context->setOutputAllocator("y", nullptr) && b.context->getOutputAllocator("y") == nullptr);
  REFUSED(net, !b.run(), "a run finds out the extents of 'y', which is [2,-1]");
  REFUSED(net, !b.context->setOutputAllocator("x", &found), "'x' is an input");
  REFUSED(net, !b.context->setOutputAllocator("nobody", &found), "nobody");
  REFUSED(net, b.context->getMaxOutputSize("x") == -1, "'x' is an input");
}

// What an allocator gives to an output whose shape is known before the run.
static void allocators_of_known_shapes() {
  Net net(__LINE__);
  ITensor* x = net->addInput("x", DataType::kFLOAT, dims({5}));
  mark(net.n, net->addUnary(*x, UnaryOperation::kNEG)->getOutput(0), "y");
  Built b(net, __LINE__);
  Allocator y;
  std::string in = stored({1, 2, 3, 4, 5}, DataType::kFLOAT);
  CHECK(b.context->setOutputAllocator("y", &y) && b.context->setTensorAddress("x", &in[0]));
  CHECK(b.context->getMaxOutputSize("y") == 20);
  CHECK(b.run() && y.calls == 1 && y.told == 1 && y.shape == (std::vector<int64_t>{5}));
  CHECK(loaded(y.bytes, DataType::kFLOAT) == (Numbers{-1, -2, -3, -4, -5}));
}

struct Box {
  double corners[4], score;
  int64_t batch, kind, index;
};

static double overlap(double const* a, double const* b) {
  double width = std::min(a[2], b[2]) - std::max(a[0], b[0]), height = std::min(a[3], b[3]) - std::max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  auto area = [](double const* c) { return (c[2] - c[0]) * (c[3] - c[1]); };
  return width * height / (area(a) + area(b) - width * height);
}

// By the definition: the best so many of a batch, each kept unless it overlaps a better one of its class.
static Numbers best_boxes(std::vector<Box> all, int64_t batches, int64_t limit, int64_t most, double threshold,
                          double lowest) {
  Numbers result;
  for (int64_t batch = 0; batch < batches; ++batch) {
    std::vector<Box> looked_at;
    for (Box const& b : all)
      if (b.batch == batch && b.score > lowest) looked_at.push_back(b);
    std::stable_sort(looked_at.begin(), looked_at.end(), [](Box const& a, Box const& b) { return a.score > b.score; });
    if (int64_t(looked_at.size()) > limit) looked_at.resize(size_t(limit));
    std::vector<Box> kept;
    for (Box const& b : looked_at) {
      int64_t of_kind = 0;
      bool left_out = false;
      for (Box const& k : kept) {
        if (k.kind != b.kind) continue;
        ++of_kind;
        left_out = left_out || overlap(k.corners, b.corners) > threshold;
      }
      if (left_out || of_kind == most) continue;
      kept.push_back(b);
      for (int64_t n : {b.batch, b.kind, b.index}) result.push_back(double(n));
    }
  }
  return result;
}

static void boxes_that_overlap(bool of_each_class, BoundingBoxFormat format, int64_t limit, int64_t most) {
  int64_t const batches = 2, boxes = 40, kinds = 3, sets = of_each_class ? kinds : 1;
  double const threshold = 0.3, lowest = 0.1;
  Net net(__LINE__);
  std::vector<int64_t> shape{batches, boxes, 4};
  if (of_each_class) shape.insert(shape.begin() + 2, kinds);
  Numbers places = mapped(some(batches * boxes * sets * 4, 3), [](double v) { return std::round((v + 2) * 64) / 16; });
  Numbers scores = some(batches * boxes * kinds, 4), corners;
  for (size_t i = 0; i < places.size(); i += 4) {
    double x = places[i], y = places[i + 1], w = 1 + places[i + 2] / 4, h = 1 + places[i + 3] / 4;
    for (double c : {x, y, x + w, y + h}) corners.push_back(c);
    if (format == BoundingBoxFormat::kCENTER_SIZES)
      places[i] = x + w / 2, places[i + 1] = y + h / 2, places[i + 2] = w, places[i + 3] = h;
    else places[i + 2] = x + w, places[i + 3] = y + h;
  }
  std::vector<Box> all;
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t k = 0; k < kinds; ++k)
      for (int64_t i = 0; i < boxes; ++i) {
        Box box{{}, scores[size_t((b * boxes + i) * kinds + k)], b, k, i};
        std::copy_n(&corners[size_t(((b * boxes + i) * sets + (of_each_class ? k : 0)) * 4)], 4, box.corners);
        all.push_back(box);
      }
  Numbers wanted = best_boxes(all, batches, limit, most, threshold, lowest);
  ITensor *in = net.in(shape, places), *given = net.in({batches, boxes, kinds}, scores);
  INMSLayer* nms = net->addNMS(*in, *given, *net.constant({}, {double(most)}, DataType::kINT32));
  CHECK(nms->getBoundingBoxFormat() == BoundingBoxFormat::kCORNER_PAIRS && nms->getTopKBoxLimit() == 5000);
  nms->setInput(3, *net.constant({}, {threshold}));
  nms->setInput(4, *net.constant({}, {lowest}));
  KEEPS(nms, BoundingBoxFormat, format);
  KEEPS(nms, TopKBoxLimit, int32_t(limit));
  CHECK(nms->getNbOutputs() == 2 && same(nms->getOutput(0)->getDimensions(), {-1, 3}) &&
        nms->getOutput(1)->getDimensions().nbDims == 0);
  mark(net.n, nms->getOutput(0), "boxes");
  mark(net.n, nms->getOutput(1), "count");
  Built b(net, __LINE__);
  int64_t bound = batches * kinds * std::min(boxes, most);
  CHECK(b.context->getMaxOutputSize("boxes") == bound * 3 * 4);
  std::string selected(size_t(bound) * 12, '\x55');
  int32_t count = -1;
  for (Net::Input& i : net.inputs) b.context->setTensorAddress(i.tensor->getName(), &i.bytes[0]);
  b.context->setTensorAddress("boxes", &selected[0]);
  b.context->setTensorAddress("count", &count);
  CHECK(b.run() && count * 3 == int32_t(wanted.size()) && count > 4);
  CHECK(loaded(selected.substr(0, wanted.size() * 4), DataType::kINT32) == wanted);
  CHECK(selected.find_first_not_of('\x55', wanted.size() * 4) == std::string::npos);
  CHECK(same(b.context->getTensorShape("boxes"), {count, 3}));
  CHECK(net.log.errors.empty());
  nms->setTopKBoxLimit(0);
  REFUSED(net, nms->getTopKBoxLimit() == limit, "the limit of boxes is 0");
}

static void how_many_comes_with_the_run() {
  // K as an input, which a program gives before the run; and K that the run computes.
  for (bool computed : {false, true}) {
    Net net(__LINE__);
    ITensor* x = net->addInput("x", DataType::kFLOAT, dims({2, 10}));
    ITensor* k = net->addInput("k", DataType::kINT32, dims({}));
    if (computed) {
      ITensor* list = net->addInput("list", DataType::kFLOAT, dims({3}));
      ITensor* most = net->addReduce(*list, ReduceOperation::kMAX, 1U, false)->getOutput(0);
      k = net->addCast(*most, DataType::kINT32)->getOutput(0);
    }
    ITopKLayer* top = net->addTopK(*x, TopKOperation::kMAX, 1, 2U);
    top->setInput(1, *k);
    CHECK(top->getNbInputs() == 2 && same(top->getOutput(0)->getDimensions(), {2, -1}));
    mark(net.n, top->getOutput(0), "best");
    mark(net.n, top->getOutput(1), "places");
    if (!computed) {
      IOptimizationProfile* profile = net.builder->createOptimizationProfile();
      for (int which = 0; which < 3; ++which) {
        int32_t const number = which * 5;
        CHECK(profile->setShapeValues("k", OptProfileSelector(which), &number, 1));
      }
      CHECK(net.config->addOptimizationProfile(profile) == 0);
    }
    Built b(net, __LINE__);
    Numbers v = some(20, 9);
    std::string in = stored(v, DataType::kFLOAT), best(80, '\x55'), places(80, '\x55');
    float list[3];
    int32_t number = 0;
    b.context->setTensorAddress("x", &in[0]);
    b.context->setTensorAddress("k", &number);
    if (computed) b.context->setTensorAddress("list", list);
    b.context->setTensorAddress("best", &best[0]);
    b.context->setTensorAddress("places", &places[0]);
    for (int32_t wanted : {3, 10, 0, 1}) {
      number = wanted;
      list[1] = float(wanted);
      list[0] = list[2] = -1;
      if (!computed || wanted == 3) CHECK(same(b.context->getTensorShape("best"), {2, computed ? -1 : wanted}));
      CHECK(b.context->getMaxOutputSize("best") == 2 * 4 * (computed ? 10 : wanted));
      CHECK(b.run() && same(b.context->getTensorShape("places"), {2, wanted}));
      for (int64_t row = 0; row < 2; ++row) {
        std::vector<int64_t> order(10);
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(),
                         [&](int64_t i, int64_t j) { return v[size_t(row * 10 + i)] > v[size_t(row * 10 + j)]; });
        for (int64_t i = 0; i < wanted; ++i) {
          size_t at = size_t(row * wanted + i) * 4;
          CHECK(loaded(places.substr(at, 4), DataType::kINT32)[0] == double(order[size_t(i)]));
          CHECK(loaded(best.substr(at, 4), DataType::kFLOAT)[0] == v[size_t(row * 10 + order[size_t(i)])]);
        }
      }
    }
    number = 12;
    list[1] = 11;
    REFUSED(net, !b.run(), computed ? "k is 11" : "value 0 of 'k' is 12, the profile allows 0 to 10");
    list[1] = -1;
    number = -1;
    REFUSED(net, !b.run(), "decides extents and is -1");
  }
}

#if NV_TENSORRT_MAJOR < 10
static void arrays_of_addresses() {
  Net net(__LINE__);
  ITensor* x = net->addInput("x", DataType::kINT32, dims({6}));
  mark(net.n, net->addNonZero(*x)->getOutput(0), "y");
  Built b(net, __LINE__);
  int32_t in[6] = {0, 5, 0, 0, 7, 1}, out[6] = {};
  CHECK(b.context->getMaxOutputSize("y") == int64_t(sizeof out));
  void* bindings[2] = {in, out};
  CHECK(b.context->executeV2(bindings) && same(b.context->getBindingDimensions(1), {1, 3}));
  CHECK(out[0] == 1 && out[1] == 4 && out[2] == 5 && out[3] == 0);
  in[0] = 9;
  CHECK(b.context->enqueueV2(bindings, nullptr, nullptr) && cudaStreamSynchronize(nullptr) == cudaSuccess);
  CHECK(same(b.context->getBindingDimensions(1), {1, 4}) && out[0] == 0 && out[3] == 5);
}
#else
static void arrays_of_addresses() {
  Net net(__LINE__);
  ITensor* x = net->addInput("x", DataType::kINT32, dims({6}));
  INonZeroLayer* wide = net->addNonZero(*x, DataType::kINT64);
  CHECK(wide->getIndicesType() == DataType::kINT64 && wide->getOutput(0)->getType() == DataType::kINT64);
  REFUSED(net, !wide->setIndicesType(DataType::kFLOAT), "indices are of 32-bit or 64-bit integers");
  mark(net.n, wide->getOutput(0), "y");
  Built b(net, __LINE__);
  int32_t in[6] = {0, 5, 0, 0, 7, 1};
  int64_t out[6] = {};
  void* bindings[2] = {in, out};
  CHECK(b.context->executeV2(bindings) && out[0] == 1 && out[1] == 4 && out[2] == 5 && out[3] == 0);
}
#endif

// Memory of a device, and a stream that earlier work is on; recording refuses, for what it would allocate is not known.
static void memory_of_a_device() {
  Net net(__LINE__);
  ITensor* x = net->addInput("x", DataType::kFLOAT, dims({4}));
  ITensor* y = net->addNonZero(*x)->getOutput(0);
  mark(net.n, y, "y");
  mark(net.n, net->addUnary(*x, UnaryOperation::kABS)->getOutput(0), "z");
  Built b(net, __LINE__);
  float const host[4] = {0, -2, 0, 3};
  float back[4] = {};
  int32_t found[4] = {};
  void *in = nullptr, *indices = nullptr, *out = nullptr;
  CHECK(cudaMalloc(&in, sizeof host) == cudaSuccess && cudaMalloc(&indices, sizeof found) == cudaSuccess &&
        cudaMalloc(&out, sizeof back) == cudaSuccess);
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream) == cudaSuccess);
  cudaMemcpyAsync(in, host, sizeof host, cudaMemcpyHostToDevice, stream);
  b.context->setTensorAddress("x", in);
  b.context->setTensorAddress("y", indices);
  b.context->setTensorAddress("z", out);
  CHECK(b.context->enqueueV3(stream));
  cudaMemcpyAsync(back, out, sizeof back, cudaMemcpyDeviceToHost, stream);
  cudaMemcpyAsync(found, indices, 8, cudaMemcpyDeviceToHost, stream);
  CHECK(cudaStreamSynchronize(stream) == cudaSuccess);
  CHECK(found[0] == 1 && found[1] == 3 && back[1] == 2 && back[3] == 3);
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess);
  REFUSED(net, !b.context->enqueueV3(stream), "cannot be recorded by a stream");
  cudaGraph_t graph = nullptr;
  cudaStreamEndCapture(stream, &graph);
  if (graph) cudaGraphDestroy(graph);
  cudaStreamDestroy(stream);
  for (void* memory : {in, indices, out}) cudaFree(memory);
}

int main() {
  indices_of_what_is_not_zero();
  allocators_of_known_shapes();
  boxes_that_overlap(false, BoundingBoxFormat::kCORNER_PAIRS, 5000, 100);
  boxes_that_overlap(true, BoundingBoxFormat::kCORNER_PAIRS, 5000, 4);
  boxes_that_overlap(false, BoundingBoxFormat::kCENTER_SIZES, 25, 100);
  how_many_comes_with_the_run();
  arrays_of_addresses();
  memory_of_a_device();
  return done("run-time sizes");
}
