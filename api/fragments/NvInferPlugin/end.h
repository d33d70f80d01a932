//! Registers the plugins that come with the library under libNamespace; false on failure.
extern "C" TENSORRTAPI bool initLibNvInferPlugins(void* logger, char const* libNamespace) noexcept;
