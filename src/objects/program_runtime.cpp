#include "objects/program_runtime.h"

#include <dlfcn.h>
#include <link.h>

#include <cstring>
#include <mutex>
#include <string>

namespace tenon::objects {

namespace {

// A runtime that was loaded with RTLD_LOCAL, as Python does, is not among the global symbols: look at every library.
void* loaded_runtime() {
  std::string path;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* found) {
        if (!info->dlpi_name || !std::strstr(info->dlpi_name, "libcudart.so")) return 0;
        *static_cast<std::string*>(found) = info->dlpi_name;
        return 1;
      },
      &path);
  return path.empty() ? nullptr : dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
}

template <class F>
void find(F& function, void* library, const char* name) {
  void* symbol = dlsym(library, name);
  std::memcpy(&function, &symbol, sizeof symbol);
}

ProgramRuntime look_up() {
  ProgramRuntime found;
  bool global = dlsym(RTLD_DEFAULT, "cudaLaunchHostFunc");
  void* library = global ? RTLD_DEFAULT : loaded_runtime();
  if (!global && !library) return found;
  find(found.launch_host_func, library, "cudaLaunchHostFunc");
  find(found.memcpy_async, library, "cudaMemcpyAsync");
  find(found.pointer_attributes, library, "cudaPointerGetAttributes");
  find(found.malloc_host, library, "cudaMallocHost");
  find(found.free_host, library, "cudaFreeHost");
  find(found.event_record, library, "cudaEventRecord");
  find(found.stream_is_capturing, library, "cudaStreamIsCapturing");
  find(found.synchronize, library, "cudaStreamSynchronize");
  find(found.get_last_error, library, "cudaGetLastError");
  return found;
}

}  // namespace

bool ProgramRuntime::readable(const void* address) const {
  struct {
    int type, device;
    void *device_pointer, *host_pointer;
    long later[16];  // newer runtimes append
  } attributes{};
  if (!pointer_attributes) return true;
  if (pointer_attributes(&attributes, address) != 0) {  // memory it has never seen
    if (get_last_error) get_last_error();
    return true;
  }
  constexpr int device_memory = 2;
  return attributes.type != device_memory || attributes.host_pointer;
}

ProgramRuntime program_runtime() {
  static std::mutex mutex;
  static ProgramRuntime known;
  std::scoped_lock lock(mutex);
  if (!known.is_there()) known = look_up();
  return known;
}

}  // namespace tenon::objects
