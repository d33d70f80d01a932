//! Constants of a layer; the program keeps the memory until the engine is built.
class Weights
{
public:
    DataType type;      //!< The type of one element.
    void const* values; //!< The elements, dense.
    int64_t count;      //!< The number of elements.
};

//! A shape of at most eight extents, each an expression.
class DimsExprs
{
public:
    int32_t nbDims;                         //!< The number of extents.
    IDimensionExpr const* d[Dims::MAX_DIMS]; //!< The extents, outermost first.
};

//! What a plugin is told of a tensor whose shape may vary.
struct DynamicPluginTensorDesc
{
    PluginTensorDesc desc; //!< The tensor; -1 marks extents that vary.
    Dims min;              //!< Their lowest values.
    Dims max;              //!< Their highest values.
@10     Dims opt;              //!< Their usual values.
};
