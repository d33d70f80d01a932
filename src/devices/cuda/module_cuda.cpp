#include <nvrtc.h>

#include <map>
#include <mutex>
#include <unordered_map>

#include "base/error.h"
#include "devices/cuda/cuda_device.h"
#include "devices/cuda/library.h"
#include "devices/cuda/module.h"

namespace tenon {

namespace {

struct Nvrtc {
  decltype(&nvrtcCreateProgram) create = nullptr;
  decltype(&nvrtcCompileProgram) compile = nullptr;
  decltype(&nvrtcDestroyProgram) destroy = nullptr;
  decltype(&nvrtcGetCUBINSize) size = nullptr;
  decltype(&nvrtcGetCUBIN) code = nullptr;
  decltype(&nvrtcGetProgramLogSize) log_size = nullptr;
  decltype(&nvrtcGetProgramLog) log = nullptr;
  std::string why;

  Nvrtc() {
    Library library{"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so", "/usr/local/cuda/lib64/libnvrtc.so"};
    if (!library.is_there()) why = library.why();
    library.find(create, "nvrtcCreateProgram");
    library.find(compile, "nvrtcCompileProgram");
    library.find(destroy, "nvrtcDestroyProgram");
    library.find(size, "nvrtcGetCUBINSize");
    library.find(code, "nvrtcGetCUBIN");
    library.find(log_size, "nvrtcGetProgramLogSize");
    library.find(log, "nvrtcGetProgramLog");
    if (library.missing()) why = concat("NVRTC has no ", library.missing());
  }
};
const Nvrtc& nvrtc() {
  static const Nvrtc it;
  return it;
}

class LoadedModule final : public CudaModule {
 public:
  LoadedModule(const CudaDevice& device, const std::string& code) : device_(device) {
    device.use();
    check_driver(device.driver(), device.driver().cuModuleLoadData(&module_, code.data()), "cuModuleLoadData");
  }
  void launch(const char* function, const Blocks& b, std::span<void* const> arguments, Stream stream) const override {
    device_.use();
    const Driver& driver = device_.driver();
    check_driver(driver,
                 driver.cuLaunchKernel(find(function), b.grid_x, b.grid_y, b.grid_z, b.threads, 1, 1, b.shared_bytes,
                                       static_cast<CUstream>(stream), const_cast<void**>(arguments.data()), nullptr),
                 function);
  }

 private:
  CUfunction find(const char* name) const {
    std::scoped_lock lock(mutex_);
    auto [it, fresh] = functions_.try_emplace(name, nullptr);
    if (fresh) check_driver(device_.driver(), device_.driver().cuModuleGetFunction(&it->second, module_, name), name);
    return it->second;
  }
  const CudaDevice& device_;
  CUmodule module_ = nullptr;
  mutable std::mutex mutex_;
  mutable std::map<std::string, CUfunction, std::less<>> functions_;
};

}  // namespace

std::string why_no_nvrtc() { return nvrtc().why; }

std::string compile_cuda(const std::string& source, const std::string& arch) {
  const Nvrtc& n = nvrtc();
  check(n.why.empty(), ErrorId::device, "NVRTC, which compiles kernels, is not there: ", n.why);
  nvrtcProgram program = nullptr;
  check(n.create(&program, source.c_str(), "kernel.cu", 0, nullptr, nullptr) == NVRTC_SUCCESS, ErrorId::device,
        "nvrtcCreateProgram failed");
  std::string option = "--gpu-architecture=" + arch;
  const char* options[] = {option.c_str(), "--std=c++17", "--fmad=false"};
  nvrtcResult status = n.compile(program, int(std::size(options)), options);
  std::string text;
  size_t bytes = 0;
  if (status == NVRTC_SUCCESS) {
    n.size(program, &bytes);
    text.resize(bytes);
    n.code(program, text.data());
  } else {
    n.log_size(program, &bytes);
    text.resize(bytes);
    n.log(program, text.data());
  }
  n.destroy(&program);
  check(status == NVRTC_SUCCESS, ErrorId::device, "a kernel does not compile for ", arch, ": ", text);
  return text;
}

std::shared_ptr<const CudaModule> cuda_module(Device& device, const std::string& source) {
  static std::mutex mutex;
  static auto* modules = new std::unordered_map<std::string, std::shared_ptr<const CudaModule>>;  // outlives the driver
  std::scoped_lock lock(mutex);
  auto& module = (*modules)[source];
  auto& gpu = static_cast<const CudaDevice&>(device);
  if (!module) module = std::make_shared<const LoadedModule>(gpu, compile_cuda(source, gpu.arch()));
  return module;
}

}  // namespace tenon
