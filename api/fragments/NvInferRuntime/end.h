extern "C" TENSORRTAPI void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept;
extern "C" TENSORRTAPI void* createInferRefitter_INTERNAL(void* engine, void* logger, int32_t version) noexcept;
//! The registry of the plugin creators of this process.
extern "C" TENSORRTAPI nvinfer1::IPluginRegistry* getPluginRegistry() noexcept;
//! The logger given to the builder, runtime or refitter made last; null before.
extern "C" TENSORRTAPI nvinfer1::ILogger* getLogger() noexcept;
@10 //! The parts of the version of the library in use.
@10 extern "C" TENSORRTAPI int32_t getInferLibMajorVersion() noexcept;
@10 extern "C" TENSORRTAPI int32_t getInferLibMinorVersion() noexcept;
@10 extern "C" TENSORRTAPI int32_t getInferLibPatchVersion() noexcept;
@10 extern "C" TENSORRTAPI int32_t getInferLibBuildVersion() noexcept;

namespace nvinfer1
{
namespace
{
//! A runtime that reports to logger, which must outlive it; null on failure.
inline IRuntime* createInferRuntime(ILogger& logger) noexcept
{
    return static_cast<IRuntime*>(createInferRuntime_INTERNAL(&logger, NV_TENSORRT_VERSION));
}

//! A refitter of engine that reports to logger, which must outlive it; null on failure.
inline IRefitter* createInferRefitter(ICudaEngine& engine, ILogger& logger) noexcept
{
    return static_cast<IRefitter*>(createInferRefitter_INTERNAL(&engine, &logger, NV_TENSORRT_VERSION));
}
} // namespace

//! Registers a creator of type T as long as the registrar lives; see REGISTER_TENSORRT_PLUGIN.
template <typename T>
class PluginRegistrar
{
public:
    PluginRegistrar()
    {
        getPluginRegistry()->registerCreator(instance, "");
    }

private:
    T instance{};
};
} // namespace nvinfer1

//! Registers a plugin creator when the module that says so is loaded.
#define REGISTER_TENSORRT_PLUGIN(name)                                                                                 \
    static nvinfer1::PluginRegistrar<name> pluginRegistrar##name                                                       \
    {                                                                                                                  \
    }
