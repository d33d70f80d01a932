// libnvinfer of one generation: the generated forwarders and the exported C functions. Compiled once per generation.
#include <dlfcn.h>

#include "shell.h"
// After shell.h, for it uses what stands there.
#include GENERATED

namespace shell {

bool is_ours(int32_t version) {
  return NV_TENSORRT_MAJOR < 10 ? version < 10000 : version / 10000 == NV_TENSORRT_MAJOR;
}

// Two generations linked into one global scope share the first one's factories: the version tells whose program it is.
static void* from_other(const char* symbol, void* first, void* second, ILogger* logger, int32_t version) {
  const int major = version >= 10000 ? version / 10000 : version / 1000;
  const std::string soname = "libnvinfer.so." + std::to_string(major);
  void* library = major == NV_TENSORRT_MAJOR ? nullptr : dlopen(soname.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  void* found = library ? dlsym(library, symbol) : nullptr;
  if (found && second) return reinterpret_cast<void* (*)(void*, void*, int32_t)>(found)(first, second, version);
  if (found) return reinterpret_cast<void* (*)(void*, int32_t)>(found)(first, version);
  const std::string text = std::string(symbol) + ": this library is generation " + std::to_string(NV_TENSORRT_MAJOR) +
                           "; the program was compiled for version " + std::to_string(version) + ", and " + soname +
                           " is not loaded";
  if (logger) logger->log(ILogger::Severity::kERROR, text.c_str());
  return nullptr;
}

static std::shared_ptr<objects::LogSink> adapt_and_remember(void* logger) {
  last_logger() = adapt(static_cast<ILogger*>(logger));
  return last_logger();
}

template <class Make>
static void* make(const char* symbol, void* logger, int32_t version, Make create) noexcept {
  if (!is_ours(version)) return from_other(symbol, logger, nullptr, static_cast<ILogger*>(logger), version);
  objects::Object speaker;
  return call(
      speaker, symbol, []() -> void* { return nullptr; },
      [&]() -> void* {
        need(logger, "logger");
        speaker.sink = adapt_and_remember(logger);
        return wrap(create(speaker.sink));
      });
}

}  // namespace shell

#define TENON_EXPORT extern "C" __attribute__((visibility("default")))

TENON_EXPORT int32_t getInferLibVersion() noexcept { return NV_TENSORRT_VERSION; }

TENON_EXPORT void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept {
  return shell::make("createInferBuilder_INTERNAL", logger, version, tenon::objects::create_builder);
}

TENON_EXPORT void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept {
  return shell::make("createInferRuntime_INTERNAL", logger, version, tenon::objects::create_runtime);
}

TENON_EXPORT void* createInferRefitter_INTERNAL(void* engine, void* logger, int32_t version) noexcept {
  if (!shell::is_ours(version))
    return shell::from_other("createInferRefitter_INTERNAL", engine, logger, static_cast<nvinfer1::ILogger*>(logger),
                             version);
  tenon::objects::Object speaker;
  speaker.sink = shell::adapt(static_cast<nvinfer1::ILogger*>(logger));
  return shell::todo(speaker, "createInferRefitter", []() -> void* { return nullptr; });
}

TENON_EXPORT nvinfer1::IPluginRegistry* getPluginRegistry() noexcept { return &shell::plugin_registry(); }

TENON_EXPORT nvinfer1::IPluginRegistry* getBuilderPluginRegistry(nvinfer1::EngineCapability) noexcept {
  return &shell::plugin_registry();
}

TENON_EXPORT nvinfer1::safe::IPluginRegistry* getBuilderSafePluginRegistry(nvinfer1::EngineCapability) noexcept {
  tenon::objects::Object speaker;
  speaker.sink = shell::last_logger();
  return shell::todo(speaker, "getBuilderSafePluginRegistry",
                     []() -> nvinfer1::safe::IPluginRegistry* { return nullptr; });
}

TENON_EXPORT nvinfer1::ILogger* getLogger() noexcept { return shell::user_of<nvinfer1::ILogger>(shell::last_logger()); }

#if NV_TENSORRT_MAJOR >= 10
TENON_EXPORT int32_t getInferLibMajorVersion() noexcept { return NV_TENSORRT_MAJOR; }
TENON_EXPORT int32_t getInferLibMinorVersion() noexcept { return NV_TENSORRT_MINOR; }
TENON_EXPORT int32_t getInferLibPatchVersion() noexcept { return NV_TENSORRT_PATCH; }
TENON_EXPORT int32_t getInferLibBuildVersion() noexcept { return NV_TENSORRT_BUILD; }
TENON_EXPORT bool setInternalLibraryPath(const nvinfer1::AsciiChar* path) noexcept { return path != nullptr; }
#endif
