// One job in every generation: build, save, load, run, compare with max pooling, be called back, call wrongly.
// RUN names the entry, so that two of them can live in one process.
#include <NvInfer.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

using namespace nvinfer1;

namespace {
struct Log : ILogger {
  std::vector<std::string> errors;
  void log(Severity severity, AsciiChar const* text) noexcept override {
    if (severity <= Severity::kERROR) errors.push_back(text);
  }
};

struct Recorder : IErrorRecorder {
  int references = 0;
  std::vector<std::pair<ErrorCode, std::string>> held;
  int32_t getNbErrors() const noexcept override { return int32_t(held.size()); }
  ErrorCode getErrorCode(int32_t i) const noexcept override { return held[size_t(i)].first; }
  ErrorDesc getErrorDesc(int32_t i) const noexcept override { return held[size_t(i)].second.c_str(); }
  bool hasOverflowed() const noexcept override { return false; }
  void clear() noexcept override { held.clear(); }
  bool reportError(ErrorCode code, ErrorDesc text) noexcept override {
    held.emplace_back(code, text);
    return false;
  }
  RefCount incRefCount() noexcept override { return ++references; }
  RefCount decRefCount() noexcept override { return --references; }
};

struct Other : ILogger {
  void log(Severity, AsciiChar const*) noexcept override {}
};

bool failed(int line, char const* what) {
  std::printf("FAILED generation %d line %d: %s\n", NV_TENSORRT_MAJOR, line, what);
  return true;
}
}  // namespace

#define CHECK(x) \
  if (!(x) && failed(__LINE__, #x)) return 1

extern "C" int RUN() {
  Log log;
  Recorder recorder;
  IBuilder* builder = createInferBuilder(log);
  CHECK(builder && builder->getLogger() == &log);
  builder->setErrorRecorder(&recorder);
  CHECK(builder->getErrorRecorder() == &recorder && recorder.references == 1);
  IBuilderConfig* config = builder->createBuilderConfig();
#if NV_TENSORRT_MAJOR >= 10
  INetworkDefinition* network = builder->createNetworkV2(0);
  config->setFlags(1U << int(BuilderFlag::kTF32) | 1U << int(BuilderFlag::kSTRIP_PLAN));
  CHECK(config->getFlag(BuilderFlag::kSTRIP_PLAN));
#else
  INetworkDefinition* network = builder->createNetworkV2(1U << int(NetworkDefinitionCreationFlag::kEXPLICIT_BATCH));
  config->setFlags(1U << int(BuilderFlag::kTF32) | 1U << int(BuilderFlag::kSTRICT_TYPES));
  CHECK(config->getFlag(BuilderFlag::kSTRICT_TYPES));
#endif
  CHECK(config->getFlag(BuilderFlag::kTF32) && !config->getFlag(BuilderFlag::kREFIT));
  CHECK(config->getFlags() >> int(BuilderFlag::kTF32) & 1U);
  CHECK(!network->hasImplicitBatchDimension());
  int const h = 30, w = 44;
  ITensor* x = network->addInput("x", DataType::kFLOAT, Dims4{1, 3, h, w});
  CHECK(x && x == network->getInput(0) && !std::strcmp(x->getName(), "x"));
  IPoolingLayer* pool = network->addPoolingNd(*x, PoolingType::kMAX, DimsHW{2, 2});
#if __cpp_rtti
  ILogger* some = &log;
  CHECK(!dynamic_cast<Other*>(some) && dynamic_cast<Log*>(builder->getLogger()) == &log);
  CHECK(dynamic_cast<INoCopy*>(static_cast<INetworkDefinition*>(network)) != nullptr);
#endif
  CHECK(pool && network->getLayer(0) == pool && pool->getType() == LayerType::kPOOLING);
  pool->setStrideNd(DimsHW{2, 2});
  CHECK(pool->getStrideNd().nbDims == 2 && pool->getStrideNd().d[1] == 2);
  pool->getOutput(0)->setName("y");
  network->markOutput(*pool->getOutput(0));
  CHECK(pool->getOutput(0) == network->getOutput(0) && pool->getOutput(0)->getDimensions().d[3] == w / 2);

  // Wrong calls: one log line, one recorded error, the documented failure value, a usable object.
  CHECK(log.errors.empty());
  CHECK(network->getInput(7) == nullptr);
  CHECK(log.errors.size() == 1 && recorder.held.size() == 1 &&
        recorder.getErrorCode(0) == ErrorCode::kINVALID_ARGUMENT);
  CHECK(network->addPoolingNd(*x, static_cast<PoolingType>(77), DimsHW{2, 2}) == nullptr);
  CHECK(network->addInput(nullptr, DataType::kFLOAT, Dims4{1, 1, 1, 1}) == nullptr);
  ITensor* volatile none = nullptr;
  CHECK(network->addPoolingNd(*none, PoolingType::kMAX, DimsHW{2, 2}) == nullptr);
  CHECK(!network->setWeightsName(Weights{DataType::kFLOAT, nullptr, 0}, "w"));
  CHECK(log.errors.size() == 5 && log.errors.back() == "not implemented: INetworkDefinition::setWeightsName");

  IHostMemory* plan = builder->buildSerializedNetwork(*network, *config);
  CHECK(plan && plan->size());
  std::string bytes(static_cast<char const*>(plan->data()), plan->size());
  delete plan;
  delete builder;  // before its network and configuration: any order will do
  delete config;
  delete network;
  IRuntime* runtime = createInferRuntime(log);
  CHECK(runtime->deserializeCudaEngine("junk", 4) == nullptr && log.errors.size() == 6);
  ICudaEngine* engine = runtime->deserializeCudaEngine(bytes.data(), bytes.size());
  CHECK(engine);
  delete runtime;
  IExecutionContext* context = engine->createExecutionContext();
  CHECK(&context->getEngine() == engine);
  std::vector<float> in(3 * h * w), out(3 * h * w / 4);
  for (size_t i = 0; i < in.size(); ++i) in[i] = float((i * 2654435761U) % 10007) - 5000.F;
  cudaStream_t stream;
  CHECK(cudaStreamCreate(&stream) == cudaSuccess);
#if NV_TENSORRT_MAJOR >= 10
  CHECK(engine->getNbIOTensors() == 2 && engine->getTensorIOMode("y") == TensorIOMode::kOUTPUT);
  CHECK(context->setInputShape("x", Dims4{1, 3, h, w}));
  CHECK(context->setTensorAddress("x", in.data()) && context->setTensorAddress("y", out.data()));
  CHECK(context->enqueueV3(stream));
#else
  CHECK(engine->getNbBindings() == 2 && engine->bindingIsInput(0) && engine->getBindingIndex("nobody") == -1);
  void* bindings[2] = {in.data(), out.data()};
  CHECK(context->enqueueV2(bindings, stream, nullptr));
#endif
  cudaStreamSynchronize(stream);
  cudaStreamDestroy(stream);
  for (int row = 0; row < 3 * h / 2; ++row)
    for (int column = 0; column < w / 2; ++column) {
      float const* q = &in[size_t(2 * row * w + 2 * column)];
      CHECK(out[size_t(row * (w / 2) + column)] == std::max(std::max(q[0], q[1]), std::max(q[w], q[w + 1])));
    }
  delete engine;  // before its context
  delete context;
  CHECK(recorder.references == 0);
  std::printf("right: generation %d, library %d, compiled for %d.%d\n", NV_TENSORRT_MAJOR, getInferLibVersion(),
              NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR);
  return 0;
}

#ifdef MAIN
int main() { return RUN(); }
#endif
