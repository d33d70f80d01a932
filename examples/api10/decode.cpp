// Generation 10: greedy decoding with a cache of keys and values that is updated in place, and two profiles: one for
// the prompt, many tokens at once, one for the steps that follow, a token each.
//
// The network is small enough to be written down: a token's key says where it stands, its query asks for the place one
// period back, its value is the token. So it goes on with what it has seen: the prompt, again and again.
#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../samples/common/logger.h"

using namespace nvinfer1;

namespace
{

constexpr int32_t kPeriod = 5, kRoom = 64, kVocabulary = 64; // as many tokens as places: one width for all heads

// A table of one-hot rows: row i has `scale` in column i - back.
std::vector<float> oneHot(int32_t back, float scale)
{
    std::vector<float> table(kRoom * kRoom, 0.F);
    for (int32_t i = std::max(back, 0); i < kRoom; ++i)
        if (i - back < kRoom) table[size_t(i) * kRoom + size_t(i - back)] = scale;
    return table;
}

// tokens [1,T] and their places [1,T], the first of which is where the cache goes on; caches [1,1,room,width].
std::vector<char> buildEngine(sample::Logger& logger)
{
    std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
    std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
    ITensor* tokens = network->addInput("tokens", DataType::kINT32, Dims2(1, -1));
    ITensor* places = network->addInput("places", DataType::kINT32, Dims2(1, -1));
    ITensor* first = network->addInput("first", DataType::kINT32, Dims{1, {1}});
    ITensor* oldKeys = network->addInput("old keys", DataType::kFLOAT, Dims4(1, 1, kRoom, kRoom));
    ITensor* oldValues = network->addInput("old values", DataType::kFLOAT, Dims4(1, 1, kRoom, kVocabulary));

    std::vector<float> const queryOf = oneHot(kPeriod - 1, 40.F), keyOf = oneHot(0, 1.F), valueOf = oneHot(0, 1.F);
    auto lookUp = [&](std::vector<float> const& table, ITensor& rows) -> ITensor& { // [1,1,T,width]
        Weights const weights{DataType::kFLOAT, table.data(), int64_t(table.size())};
        ITensor* found = network->addGather(*network->addConstant(Dims2(kRoom, kRoom), weights)->getOutput(0), rows, 0)->getOutput(0);
        IShuffleLayer* heads = network->addShuffle(*found);
        heads->setReshapeDimensions(Dims4(1, 1, -1, kRoom));
        return *heads->getOutput(0);
    };
    ITensor* keys = network->addKVCacheUpdate(*oldKeys, lookUp(keyOf, *places), *first, KVCacheMode::kLINEAR)->getOutput(0);
    ITensor* values = network->addKVCacheUpdate(*oldValues, lookUp(valueOf, *tokens), *first, KVCacheMode::kLINEAR)->getOutput(0);
    IAttention* attention = network->addAttention(lookUp(queryOf, *places), *keys, *values, AttentionNormalizationOp::kSOFTMAX, false);
    ITopKLayer* best = network->addTopK(*attention->getOutput(0), TopKOperation::kMAX, 1, 1U << 3);
    best->getOutput(1)->setName("next");
    keys->setName("new keys");
    values->setName("new values");
    for (ITensor* output : {best->getOutput(1), keys, values}) network->markOutput(*output);

    std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
    for (Dims2 const most : {Dims2(1, 32), Dims2(1, 1)}) // the prompt's profile, and that of single tokens
    {
        IOptimizationProfile* profile = builder->createOptimizationProfile();
        for (char const* name : {"tokens", "places"})
        {
            profile->setDimensions(name, OptProfileSelector::kMIN, Dims2(1, 1));
            profile->setDimensions(name, OptProfileSelector::kOPT, most);
            profile->setDimensions(name, OptProfileSelector::kMAX, most);
        }
        config->addOptimizationProfile(profile);
    }
    std::unique_ptr<IHostMemory> engine(builder->buildSerializedNetwork(*network, *config));
    if (!engine) return {};
    char const* bytes = static_cast<char const*>(engine->data());
    return {bytes, bytes + engine->size()};
}

// What a program keeps for one conversation. The caches are the engine's inputs and its outputs at once.
class Decoder
{
public:
    Decoder(ICudaEngine& engine, cudaStream_t stream) : mContext(engine.createExecutionContext()), mStream(stream)
    {
        for (auto const& pair : std::map<std::string, size_t>{{"tokens", kRoom * 4}, {"places", kRoom * 4}, {"first", 4}, {"next", kRoom * 4},
                 {"old keys", kRoom * kRoom * 4}, {"old values", kRoom * kVocabulary * 4}})
        {
            cudaMalloc(&mMemory[pair.first], pair.second);
            cudaMemset(mMemory[pair.first], 0, pair.second);
            mContext->setTensorAddress(pair.first.c_str(), mMemory[pair.first]);
        }
        mContext->setTensorAddress("new keys", mMemory["old keys"]);
        mContext->setTensorAddress("new values", mMemory["old values"]);
    }
    ~Decoder()
    {
        for (auto const& pair : mMemory) cudaFree(pair.second);
    }

    // The token that follows after these, or -1.
    int32_t step(std::vector<int32_t> const& tokens)
    {
        int32_t const count = static_cast<int32_t>(tokens.size());
        std::vector<int32_t> places;
        for (int32_t i = 0; i < count; ++i) places.push_back(mPlace + i);
        if (!mContext->setOptimizationProfileAsync(count > 1 ? 0 : 1, mStream)) return -1;
        for (char const* name : {"tokens", "places"})
            if (!mContext->setInputShape(name, Dims2(1, count))) return -1;
        cudaMemcpyAsync(mMemory["tokens"], tokens.data(), tokens.size() * 4, cudaMemcpyHostToDevice, mStream);
        cudaMemcpyAsync(mMemory["places"], places.data(), places.size() * 4, cudaMemcpyHostToDevice, mStream);
        cudaMemcpyAsync(mMemory["first"], places.data(), 4, cudaMemcpyHostToDevice, mStream);
        if (!mContext->enqueueV3(mStream)) return -1;
        std::vector<int32_t> next(tokens.size());
        cudaMemcpyAsync(next.data(), mMemory["next"], next.size() * 4, cudaMemcpyDeviceToHost, mStream);
        cudaStreamSynchronize(mStream);
        mPlace += count;
        return next.back();
    }

private:
    std::unique_ptr<IExecutionContext> mContext;
    cudaStream_t mStream;
    std::map<std::string, void*> mMemory;
    int32_t mPlace{0};
};

} // namespace

int main()
{
    sample::Logger logger;
    std::vector<char> const bytes = buildEngine(logger);
    std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
    std::unique_ptr<ICudaEngine> engine(bytes.empty() ? nullptr : runtime->deserializeCudaEngine(bytes.data(), bytes.size()));
    if (!engine) return 1;
    cudaStream_t stream = nullptr;
    if (cudaStreamCreate(&stream)) return 1;
    std::vector<int32_t> const prompt{17, 4, 42, 8, 23};
    size_t const count = 40;
    size_t right = 0;
    {
        Decoder decoder(*engine, stream);
        std::vector<int32_t> given = prompt;
        for (size_t i = 0; i < count; ++i)
        {
            given.assign(1, decoder.step(given));
            right += given[0] == prompt[i % prompt.size()];
        }
    }
    cudaStreamDestroy(stream);
    std::cout << right << " of " << count << " right\n";
    return right == count ? 0 : 1;
}
