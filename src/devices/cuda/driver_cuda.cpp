#include "base/error.h"
#include "devices/cuda/driver.h"
#include "devices/cuda/library.h"

namespace tenon {

const Driver* load_driver(std::string& why) {
  struct Loaded {
    Driver driver;
    std::string why;
    Loaded() {
      Library library{"libcuda.so.1"};
      why = library.is_there() ? "" : "there is no NVIDIA driver: " + library.why();
#define TENON_FIND(name, symbol) library.find(driver.name, symbol);
      TENON_DRIVER_FUNCTIONS(TENON_FIND)
#undef TENON_FIND
      if (library.missing()) why = concat("the NVIDIA driver is too old: it has no ", library.missing());
    }
  };
  static const Loaded loaded;
  why = loaded.why;
  return loaded.why.empty() ? &loaded.driver : nullptr;
}

void check_driver(const Driver& driver, CUresult status, const char* call) {
  if (status == CUDA_SUCCESS) return;
  const char* name = nullptr;
  if (driver.cuGetErrorName(status, &name) != CUDA_SUCCESS || !name) name = "unknown error";
  fail(status == CUDA_ERROR_OUT_OF_MEMORY ? ErrorId::out_of_memory : ErrorId::device, call, " failed: ", name);
}

}  // namespace tenon
