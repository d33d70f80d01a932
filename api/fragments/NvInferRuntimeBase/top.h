@8 #define NV_TENSORRT_VERSION (NV_TENSORRT_MAJOR * 1000 + NV_TENSORRT_MINOR * 100 + NV_TENSORRT_PATCH)
@10 #define NV_TENSORRT_VERSION_INT(major, minor, patch) ((major) * 10000L + (minor) * 100L + (patch) * 1L)
@10 #define NV_TENSORRT_VERSION NV_TENSORRT_VERSION_INT(NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR, NV_TENSORRT_PATCH)

// Nothing is marked as deprecated or as not to be discarded: programs use these macros in code of their own.
#define TENSORRTAPI
#define TRTNOEXCEPT
#define TRT_DEPRECATED
#define TRT_DEPRECATED_ENUM
#define TRT_DEPRECATED_API
#define TRT_DEPRECATED_BECAUSE(REASON)
#define TRT_NODISCARD
#define TRT_NODISCARD_BECAUSE(REASON)

// Forwarders stay inside the module that uses them, so that modules built for two generations can share a process.
#if defined(__GNUC__)
#define TENON_LOCAL __attribute__((visibility("hidden")))
#else
#define TENON_LOCAL
#endif

//! The version of the library in use, as NV_TENSORRT_VERSION counts it.
extern "C" TENSORRTAPI int32_t getInferLibVersion() noexcept;

// Handles of other libraries, which plugins may be given.
struct cudnnContext;
struct cublasContext;

namespace nvinfer1
{
using char_t = char;
using AsciiChar = char_t;
@8 static constexpr int32_t kNV_TENSORRT_VERSION_IMPL
@8     = (NV_TENSORRT_MAJOR * 1000) + (NV_TENSORRT_MINOR * 100) + NV_TENSORRT_PATCH;

namespace impl
{
//! Holds one more than the largest value of the enumeration T.
template <typename T>
struct EnumMaxImpl;
} // namespace impl

//! One more than the largest value of the enumeration T.
template <typename T>
constexpr int32_t EnumMax() noexcept
{
    return impl::EnumMaxImpl<T>::kVALUE;
}

namespace safe
{
class IPluginRegistry;
} // namespace safe
class IPluginFactory;

@8 //! A shape of at most eight extents of 32 bits; -1 marks an unknown one.
@8 class Dims32
@10 //! A shape of at most eight extents of 64 bits; -1 marks an unknown one.
@10 class Dims64
{
public:
    //! The most extents a shape can have.
    static constexpr int32_t MAX_DIMS{8};
    //! The number of extents.
    int32_t nbDims;
    //! The extents, outermost first.
@8     int32_t d[MAX_DIMS];
@10     int64_t d[MAX_DIMS];
};
@8 using Dims = Dims32;
@10 using Dims = Dims64;
struct Permutation;
class Weights;
class DimsExprs;
struct PluginTensorDesc;
struct DynamicPluginTensorDesc;
@10 
@10 using InterfaceKind = char const*;
@10 
@10 //! Name and version of an interface.
@10 class InterfaceInfo
@10 {
@10 public:
@10     InterfaceKind kind; //!< The name.
@10     int32_t major;      //!< Versions that differ here are not compatible.
@10     int32_t minor;      //!< Counts additions.
@10 };
} // namespace nvinfer1
