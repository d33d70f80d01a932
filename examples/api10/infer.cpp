// Generation 10: loads an engine of 2x2 max pooling, runs random images through it and checks every number.
//   infer ENGINE
#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <random>
#include <vector>

#include "../samples/common/logger.h"

using namespace nvinfer1;

int main(int argc, char** argv)
{
    if (argc != 2) return std::cerr << "usage: infer ENGINE\n", 2;
    std::ifstream file(argv[1], std::ios::binary);
    std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    sample::Logger logger;
    std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
    std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(bytes.data(), bytes.size()));
    if (!engine) return 1;
    std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
    char const* input = engine->getIOTensorName(0);
    char const* output = engine->getIOTensorName(1);
    if (engine->getTensorIOMode(input) != TensorIOMode::kINPUT) std::swap(input, output);
    Dims shape = engine->getTensorShape(input);
    shape.d[0] = 3;
    if (!context->setInputShape(input, shape)) return 1;
    int64_t const planes = shape.d[0] * shape.d[1], h = shape.d[2], w = shape.d[3];
    std::vector<float> x(static_cast<size_t>(planes * h * w)), y(x.size() / 4);
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (float& v : x) v = uniform(random);

    void *from = nullptr, *to = nullptr;
    cudaStream_t stream = nullptr;
    if (cudaMalloc(&from, x.size() * sizeof(float)) || cudaMalloc(&to, y.size() * sizeof(float)) || cudaStreamCreate(&stream))
        return 1;
    cudaMemcpyAsync(from, x.data(), x.size() * sizeof(float), cudaMemcpyHostToDevice, stream);
    if (!context->setTensorAddress(input, from) || !context->setTensorAddress(output, to)) return 1;
    if (!context->enqueueV3(stream)) return 1;
    cudaMemcpyAsync(y.data(), to, y.size() * sizeof(float), cudaMemcpyDeviceToHost, stream);
    cudaStreamSynchronize(stream);
    cudaStreamDestroy(stream);
    cudaFree(from);
    cudaFree(to);

    size_t right = 0;
    for (size_t i = 0; i < y.size(); ++i)
    {
        size_t const row = i / static_cast<size_t>(w / 2), column = i % static_cast<size_t>(w / 2);
        float const* q = &x[2 * row * static_cast<size_t>(w) + 2 * column];
        right += y[i] == std::max(std::max(q[0], q[1]), std::max(q[w], q[w + 1]));
    }
    std::cout << right << " of " << y.size() << " right\n";
    return right == y.size() ? 0 : 1;
}
