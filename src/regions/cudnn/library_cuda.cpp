#include "base/error.h"
#include "devices/cuda/library.h"
#include "regions/cuda_generated/libraries.h"
#include "regions/cudnn/library.h"

namespace tenon::cudnn {

Functions::Functions() {
  Library library{"libcudnn.so.9", "libcudnn.so", "/usr/local/cuda/lib64/libcudnn.so.9"};
  why = library.why();
  if (!library.is_there()) return;
  // cuDNN loads it when it first needs it, and ends the process where it is not there.
  why = why_no_cublaslt().empty() ? "" : "it needs cuBLASLt";
  if (!why.empty()) return;
#define TENON_FIND(name) library.find(name, #name);
  TENON_CUDNN_FUNCTIONS(TENON_FIND)
#undef TENON_FIND
  if (library.missing()) why = concat("it has no ", library.missing());
  else if (cudnnCreate(&handle) != CUDNN_STATUS_SUCCESS) why = "it cannot be set up";
}

const Functions& functions() {
  static const auto* it = new Functions;  // never destroyed: the driver may be gone before us at exit
  return *it;
}

std::mutex& handle_mutex() {
  static std::mutex mutex;
  return mutex;
}

void check_status(cudnnStatus_t status, const char* call) {
  check(status == CUDNN_STATUS_SUCCESS, ErrorId::device, call, " failed: ", functions().cudnnGetErrorString(status));
}

}  // namespace tenon::cudnn
