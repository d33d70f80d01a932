#include "devices/cuda/library.h"

#include <dlfcn.h>

namespace tenon {

Library::Library(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    handle_ = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle_) return;
    if (why_.empty()) why_ = dlerror();
  }
}

void* Library::find(const char* symbol) const { return handle_ ? dlsym(handle_, symbol) : nullptr; }

}  // namespace tenon
