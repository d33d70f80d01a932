//! The name that plugins use for tensor formats.
using PluginFormat = TensorFormat;
@10 
@10 //! The bit of a plugin's version that says it is written in Python.
@10 static constexpr int32_t kPLUGIN_VERSION_PYTHON_BIT = 0x40;

//! What a plugin is told of one of its tensors.
struct PluginTensorDesc
{
    Dims dims;           //!< The shape.
    DataType type;       //!< The type of one element.
    TensorFormat format; //!< The layout in memory.
    float scale;         //!< The scale of quantized elements.
};
