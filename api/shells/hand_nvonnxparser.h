// What the parser's rows cannot say, and how it reaches the network of the other library.
#pragma once

namespace shell {

using nvonnxparser::ErrorCode;
using nvonnxparser::IParserError;
using nvonnxparser::OnnxParserFlag;
using nvonnxparser::OnnxParserFlags;

// The first member of every table's part is its object, in both libraries: see Shell.part in api/generator/shells.py.
struct NetworkPart : apiv::VNetworkDefinition {
  objects::Network& core;
  explicit NetworkPart(objects::Network& network) : core(network) {}
};
struct INetworkDefinitionPeek : INetworkDefinition {
  static apiv::VNetworkDefinition* table(const INetworkDefinition& x) { return x.*&INetworkDefinitionPeek::mImpl; }
};
inline objects::Network& network_of(const INetworkDefinition& x) {
  return static_cast<NetworkPart*>(INetworkDefinitionPeek::table(x))->core;
}

struct ParserLog final : objects::LogSink {
  ILogger& iface;
  explicit ParserLog(ILogger& logger) : iface(logger) { user = &logger; }
  void log(objects::Severity severity, const char* text) override {
    iface.log(static_cast<ILogger::Severity>(int(severity)), text);
  }
};

}  // namespace shell

namespace shell::hand {

#if NV_TENSORRT_MAJOR < 10
// Parsers of generation 8 are deleted by their owner's call; the handle deletes itself behind it.
template <class Core>
void IParser_destroy(Core& core) {
  delete static_cast<nvonnxparser::IParser*>(core.handle);
}
#endif

}  // namespace shell::hand
