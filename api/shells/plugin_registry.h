// The registry of plugin creators: an object that is there from the start, for functions that return it cannot fail.
#pragma once
#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

namespace shell {

class PluginRegistry final : public IPluginRegistry {
 public:
  bool registerCreator(IPluginCreator& creator, const AsciiChar* const space) noexcept override {
    std::scoped_lock lock(mutex_);
    for (IPluginCreator* other : creators_)
      if (same(other->getPluginName(), creator.getPluginName()) &&
          same(other->getPluginVersion(), creator.getPluginVersion()) && same(other->getPluginNamespace(), space))
        return false;
    creator.setPluginNamespace(space ? space : "");
    creators_.push_back(&creator);
#if NV_TENSORRT_MAJOR >= 10
    all_.push_back(&creator);
#endif
    return true;
  }
  IPluginCreator* const* getPluginCreatorList(int32_t* const count) const noexcept override {
    if (count) *count = int32_t(creators_.size());
    return creators_.data();
  }
  IPluginCreator* getPluginCreator(const AsciiChar* const name, const AsciiChar* const version,
                                   const AsciiChar* const space) noexcept override {
    std::scoped_lock lock(mutex_);
    for (IPluginCreator* c : creators_)
      if (same(c->getPluginName(), name) && same(c->getPluginVersion(), version) &&
          same(c->getPluginNamespace(), space))
        return c;
    return nullptr;
  }
  void setErrorRecorder(IErrorRecorder* const recorder) noexcept override {
    if (recorder) recorder->incRefCount();
    if (recorder_) recorder_->decRefCount();
    recorder_ = recorder;
  }
  IErrorRecorder* getErrorRecorder() const noexcept override { return recorder_; }
  bool deregisterCreator(const IPluginCreator& creator) noexcept override {
    std::scoped_lock lock(mutex_);
    forget(&creator);
    return std::erase(creators_, &creator) > 0;
  }
  bool isParentSearchEnabled() const override { return parent_search_; }
  void setParentSearchEnabled(const bool enabled) override { parent_search_ = enabled; }
  PluginLibraryHandle loadLibrary(const AsciiChar*) noexcept override { return missing("loadLibrary"), nullptr; }
  void deregisterLibrary(PluginLibraryHandle) noexcept override { missing("deregisterLibrary"); }
#if NV_TENSORRT_MAJOR >= 10
  bool registerCreator(IPluginCreatorInterface&, const AsciiChar* const) noexcept override {
    return missing("registerCreator"), false;
  }
  IPluginCreatorInterface* const* getAllCreators(int32_t* const count) const noexcept override {
    if (count) *count = int32_t(all_.size());
    return all_.data();
  }
  IPluginCreatorInterface* getCreator(const AsciiChar* const name, const AsciiChar* const version,
                                      const AsciiChar* const space) noexcept override {
    return getPluginCreator(name, version, space);
  }
  bool deregisterCreator(const IPluginCreatorInterface& creator) noexcept override {
    std::scoped_lock lock(mutex_);
    std::erase_if(creators_, [&](IPluginCreator* c) { return static_cast<IPluginCreatorInterface*>(c) == &creator; });
    return forget(&creator);
  }
  IPluginResource* acquirePluginResource(const AsciiChar*, IPluginResource*) noexcept override {
    return missing("acquirePluginResource"), nullptr;
  }
  int32_t releasePluginResource(const AsciiChar*) noexcept override { return missing("releasePluginResource"), -1; }
  IPluginCreatorInterface* const* getAllCreatorsRecursive(int32_t* const count) noexcept override {
    return getAllCreators(count);
  }
#endif

 private:
  static bool same(const char* a, const char* b) { return std::strcmp(a ? a : "", b ? b : "") == 0; }
  static void missing(const char* method) {
    objects::Object speaker;
    speaker.sink = last_logger();
    speaker.report("not implemented", objects::ErrorCode::unsupported_state,
                   (std::string("IPluginRegistry::") + method).c_str());
  }
#if NV_TENSORRT_MAJOR >= 10
  bool forget(const IPluginCreatorInterface* creator) { return std::erase(all_, creator) > 0; }
  std::vector<IPluginCreatorInterface*> all_;
#else
  void forget(const IPluginCreator*) {}
#endif
  std::mutex mutex_;
  std::vector<IPluginCreator*> creators_;
  IErrorRecorder* recorder_ = nullptr;
  bool parent_search_ = true;
};

inline PluginRegistry& plugin_registry() {
  static PluginRegistry registry;
  return registry;
}

}  // namespace shell
