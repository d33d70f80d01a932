// libnvonnxparser of one generation. Compiled once per generation.
#include <NvOnnxParser.h>

#include "shell.h"
// After shell.h, for it uses what stands there.
#include GENERATED

#define TENON_EXPORT extern "C" __attribute__((visibility("default")))

TENON_EXPORT int getNvOnnxParserVersion() noexcept { return NV_ONNX_PARSER_VERSION; }

TENON_EXPORT void* createNvOnnxParser_INTERNAL(void* network, void* logger, int) noexcept {
  tenon::objects::Object speaker;
  return shell::call(
      speaker, "createNvOnnxParser_INTERNAL", []() -> void* { return nullptr; },
      [&]() -> void* {
        shell::need(logger, "logger");
        speaker.sink = std::make_shared<shell::ParserLog>(*static_cast<nvinfer1::ILogger*>(logger));
        shell::need(network, "network");
        auto& core = shell::network_of(*static_cast<nvinfer1::INetworkDefinition*>(network));
        auto* made = new shell::ParserHandle(tenon::objects::create_parser(core, speaker.sink));
        made->core.handle = static_cast<nvonnxparser::IParser*>(made);
        return static_cast<nvonnxparser::IParser*>(made);
      });
}

#if NV_TENSORRT_MAJOR >= 10
TENON_EXPORT void* createNvOnnxParserRefitter_INTERNAL(void*, void* logger, int32_t) noexcept {
  tenon::objects::Object speaker;
  if (logger) speaker.sink = std::make_shared<shell::ParserLog>(*static_cast<nvinfer1::ILogger*>(logger));
  return shell::todo(speaker, "createParserRefitter", []() -> void* { return nullptr; });
}
#endif
