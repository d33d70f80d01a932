// A parsed model whose result is as long as a number that it computes: 0, 1, … up to the sum of x.
#include <NvOnnxParser.h>

#include "layers.h"

int main(int, char** words) {
  Net net(__LINE__);
  nvonnxparser::IParser* parser = nvonnxparser::createParser(*net.n, net.log);
  CHECK(parser->parseFromFile(words[1], 0));
  IHostMemory* plan = net.builder->buildSerializedNetwork(*net.n, *net.config);
  IRuntime* runtime = createInferRuntime(net.log);
  ICudaEngine* engine = plan ? runtime->deserializeCudaEngine(plan->data(), plan->size()) : nullptr;
  if (!engine) {
    fail_at(__LINE__, net.log.errors.empty() ? "no engine" : net.log.errors.back());
    return 1;
  }
  IExecutionContext* context = engine->createExecutionContext();
  std::vector<float> x(3);
  std::vector<int32_t> y(16);
  context->setTensorAddress("x", x.data());
  context->setTensorAddress("y", y.data());
  CHECK(same(context->getTensorShape("y"), {-1}));
  for (int n : {5, 12, 0}) {
    x = {float(n), 2, -2};
    CHECK(context->enqueueV3(nullptr) && cudaStreamSynchronize(nullptr) == cudaSuccess);
    CHECK(same(context->getTensorShape("y"), {n}));
    for (int i = 0; i < n; ++i) CHECK(y[size_t(i)] == i);
  }
  CHECK(context->getMaxOutputSize("y") == -1);
  REFUSED(net, true, "no operator says how large that can become");
  CHECK(net.log.errors.empty());
  ++cases;
  return done("parsed sizes");
}
