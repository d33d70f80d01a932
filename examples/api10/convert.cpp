// Generation 10: reads an ONNX model with a dynamic batch and saves its engine.
//   convert ONNX ENGINE
#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <fstream>
#include <iostream>
#include <memory>

#include "../samples/common/logger.h"

using namespace nvinfer1;

int main(int argc, char** argv)
{
    if (argc != 3) return std::cerr << "usage: convert ONNX ENGINE\n", 2;
    sample::Logger logger;
    std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
    std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
    std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, logger));
    if (!parser->parseFromFile(argv[1], static_cast<int>(ILogger::Severity::kWARNING)))
    {
        for (int i = 0; i < parser->getNbErrors(); ++i) std::cerr << parser->getError(i)->desc() << "\n";
        return 1;
    }
    ITensor* input = network->getInput(0);
    Dims shape = input->getDimensions();
    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    IOptimizationProfile* profile = builder->createOptimizationProfile();
    int const batches[] = {1, 2, 4};
    OptProfileSelector const selectors[] = {OptProfileSelector::kMIN, OptProfileSelector::kOPT, OptProfileSelector::kMAX};
    for (int i = 0; i < 3; ++i)
    {
        shape.d[0] = batches[i];
        profile->setDimensions(input->getName(), selectors[i], shape);
    }
    config->addOptimizationProfile(profile);
    std::unique_ptr<IHostMemory> bytes(builder->buildSerializedNetwork(*network, *config));
    if (!bytes) return 1;
    std::ofstream file(argv[2], std::ios::binary);
    file.write(static_cast<char const*>(bytes->data()), static_cast<std::streamsize>(bytes->size()));
    std::cout << "saved " << bytes->size() << " bytes\n";
    return file ? 0 : 1;
}
