extern "C" TENSORRTAPI void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept;
//! The registry of plugin creators for engines of the given capability; null where there is none.
extern "C" TENSORRTAPI nvinfer1::IPluginRegistry* getBuilderPluginRegistry(
    nvinfer1::EngineCapability capability) noexcept;
extern "C" TENSORRTAPI nvinfer1::safe::IPluginRegistry* getBuilderSafePluginRegistry(
    nvinfer1::EngineCapability capability) noexcept;
@10 //! Accepted; there are no internal libraries to look for.
@10 extern "C" TENSORRTAPI bool setInternalLibraryPath(nvinfer1::AsciiChar const* path) noexcept;

namespace nvinfer1
{
namespace
{
//! A builder that reports to logger, which must outlive it; null on failure.
inline IBuilder* createInferBuilder(ILogger& logger) noexcept
{
    return static_cast<IBuilder*>(createInferBuilder_INTERNAL(&logger, NV_TENSORRT_VERSION));
}
} // namespace
} // namespace nvinfer1
