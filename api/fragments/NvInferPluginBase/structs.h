//! One named attribute of a plugin; the program keeps name and data alive.
class PluginField
{
public:
    AsciiChar const* name; //!< What the attribute is called.
    void const* data;      //!< Its elements.
    PluginFieldType type;  //!< The type of one element.
    int32_t length;        //!< The number of elements.

    PluginField(AsciiChar const* const name_ = nullptr, void const* const data_ = nullptr,
        PluginFieldType const type_ = PluginFieldType::kUNKNOWN, int32_t const length_ = 0) noexcept
        : name(name_)
        , data(data_)
        , type(type_)
        , length(length_)
    {
    }
};

//! A list of attributes.
struct PluginFieldCollection
{
    int32_t nbFields;          //!< The number of attributes.
    PluginField const* fields; //!< The first of them.
};
