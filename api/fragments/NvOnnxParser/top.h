#define NV_ONNX_PARSER_MAJOR 0
#define NV_ONNX_PARSER_MINOR 1
#define NV_ONNX_PARSER_PATCH 0

static constexpr int NV_ONNX_PARSER_VERSION
    = ((NV_ONNX_PARSER_MAJOR * 10000) + (NV_ONNX_PARSER_MINOR * 100) + NV_ONNX_PARSER_PATCH);

//! Nodes by index, and whether they can be parsed.
using SubGraph_t = std::pair<std::vector<size_t>, bool>;
using SubGraphCollection_t = std::vector<SubGraph_t>;

namespace nvonnxparser
{
class IParser;
class IParserError;
class IParserRefitter;
using nvinfer1::IBuilderConfig;
using nvinfer1::ITensor;

namespace impl
{
//! Holds one more than the largest value of the enumeration T.
template <typename T>
struct EnumMaxImpl;
} // namespace impl

//! One more than the largest value of the enumeration T.
template <typename T>
constexpr int32_t EnumMax()
{
    return impl::EnumMaxImpl<T>::kVALUE;
}
} // namespace nvonnxparser
