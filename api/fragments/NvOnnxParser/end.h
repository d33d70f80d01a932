extern "C" TENSORRTAPI void* createNvOnnxParser_INTERNAL(void* network, void* logger, int version) noexcept;
extern "C" TENSORRTAPI int getNvOnnxParserVersion() noexcept;
@10 extern "C" TENSORRTAPI void* createNvOnnxParserRefitter_INTERNAL(
@10     void* refitter, void* logger, int32_t version) noexcept;

namespace nvonnxparser
{
namespace
{
//! A parser that adds what it reads to network and reports to logger; both must outlive it.
inline IParser* createParser(nvinfer1::INetworkDefinition& network, nvinfer1::ILogger& logger)
{
    return static_cast<IParser*>(createNvOnnxParser_INTERNAL(&network, &logger, NV_ONNX_PARSER_VERSION));
}
@10 
@10 //! A refitter that takes weights from ONNX models and reports to logger; both must outlive it.
@10 inline IParserRefitter* createParserRefitter(nvinfer1::IRefitter& refitter, nvinfer1::ILogger& logger)
@10 {
@10     return static_cast<IParserRefitter*>(
@10         createNvOnnxParserRefitter_INTERNAL(&refitter, &logger, NV_ONNX_PARSER_VERSION));
@10 }
} // namespace
} // namespace nvonnxparser
