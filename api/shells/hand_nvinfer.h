// What generations mean differently, and what a row of api/surface cannot say.
#pragma once
#include "bits.h"

namespace shell {

// The sink of the logger given last, for calls that have no object.
inline std::shared_ptr<objects::LogSink>& last_logger() {
  static std::shared_ptr<objects::LogSink> sink;
  return sink;
}

}  // namespace shell

#include "plugin_registry.h"

namespace shell {

struct OutputMemoryAdapter final : objects::OutputMemory {
  IOutputAllocator& iface;
  explicit OutputMemoryAdapter(IOutputAllocator& u) : iface(u) { user = &u; }
  void* reallocate(const char* output, void* now, uint64_t bytes, uint64_t alignment, void* stream) override {
#if NV_TENSORRT_MAJOR >= 10
    return iface.reallocateOutputAsync(output, now, bytes, alignment, static_cast<cudaStream_t>(stream));
#else
    (void)stream;
    return iface.reallocateOutput(output, now, bytes, alignment);
#endif
  }
  void notify_shape(const char* output, const objects::Dims& dims) override {
    iface.notifyShape(output, dims_from_core(dims));
  }
};
inline std::shared_ptr<objects::OutputMemory> adapt(IOutputAllocator* u) {
  return u ? std::make_shared<OutputMemoryAdapter>(*u) : nullptr;
}

}  // namespace shell

namespace shell::hand {

inline LayerType ILayer_getType(const objects::Layer& layer) {
  return knows(layer.type) ? from_core(layer.type) : LayerType::kPLUGIN_V2;
}
inline IPluginRegistry& IBuilder_getPluginRegistry(objects::Builder&) { return plugin_registry(); }
inline IPluginRegistry& IRuntime_getPluginRegistry(objects::Runtime&) { return plugin_registry(); }
inline const IPluginRegistry& IBuilder_getPluginRegistry(const objects::Builder&) { return plugin_registry(); }

#if NV_TENSORRT_MAJOR < 10
inline INetworkDefinition* IBuilder_createNetworkV2(objects::Builder& b, NetworkDefinitionCreationFlags flags) {
  const bool explicit_batch = flags >> int(NetworkDefinitionCreationFlag::kEXPLICIT_BATCH) & 1U;
  return wrap(b.create_network(!explicit_batch));
}
inline bool INetworkDefinition_hasImplicitBatchDimension(objects::Network& n) { return n.implicit_batch; }
inline IShapeLayer* INetworkDefinition_addShape(objects::Network& n, ITensor& input) {
  return wrap(n.add<objects::ShapeLayer>({&core_of(input)}, objects::DataType::int32));
}
#else
inline INetworkDefinition* IBuilder_createNetworkV2(objects::Builder& b, NetworkDefinitionCreationFlags flags) {
  std::shared_ptr<objects::Network> network = b.create_network(false);
  network->strongly_typed = flags >> int(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED) & 1U;
  return wrap(std::move(network));
}
inline bool INetworkDefinition_hasImplicitBatchDimension(objects::Network&) { return false; }
inline IShapeLayer* INetworkDefinition_addShape(objects::Network& n, ITensor& input) {
  return wrap(n.add<objects::ShapeLayer>({&core_of(input)}, objects::DataType::int64));
}
inline IExecutionContext* ICudaEngine_createExecutionContext(objects::Engine& e,
                                                             ExecutionContextAllocationStrategy strategy) {
  to_core(strategy);
  return wrap(e.create_context());
}
#endif

}  // namespace shell::hand
