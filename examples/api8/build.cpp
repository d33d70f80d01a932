// Generation 8: builds a max pooling layer by layer and saves its engine.
//   build ENGINE
#include <NvInfer.h>

#include <fstream>
#include <iostream>
#include <memory>

#include "../samples/common/logger.h"

using namespace nvinfer1;

int main(int argc, char** argv)
{
    if (argc != 2) return std::cerr << "usage: build ENGINE\n", 2;
    sample::Logger logger;
    std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
    uint32_t const explicitBatch = 1U << static_cast<uint32_t>(NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
    std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(explicitBatch));
    ITensor* images = network->addInput("images", DataType::kFLOAT, Dims4(-1, 3, 64, 96));
    IPoolingLayer* pool = network->addPoolingNd(*images, PoolingType::kMAX, DimsHW(2, 2));
    pool->setStrideNd(DimsHW(2, 2));
    pool->getOutput(0)->setName("pooled");
    network->markOutput(*pool->getOutput(0));

    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    config->setMemoryPoolLimit(MemoryPoolType::kWORKSPACE, 1U << 20);
    IOptimizationProfile* profile = builder->createOptimizationProfile();
    profile->setDimensions("images", OptProfileSelector::kMIN, Dims4(1, 3, 64, 96));
    profile->setDimensions("images", OptProfileSelector::kOPT, Dims4(2, 3, 64, 96));
    profile->setDimensions("images", OptProfileSelector::kMAX, Dims4(4, 3, 64, 96));
    config->addOptimizationProfile(profile);

    std::unique_ptr<IHostMemory> engine(builder->buildSerializedNetwork(*network, *config));
    if (!engine) return 1;
    std::ofstream file(argv[1], std::ios::binary);
    file.write(static_cast<char const*>(engine->data()), static_cast<std::streamsize>(engine->size()));
    std::cout << "saved " << engine->size() << " bytes\n";
    return file ? 0 : 1;
}
