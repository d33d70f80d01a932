// The CUDA runtime that the process has brought along, real or stand-in: what orders our work among the program's.
#pragma once
#include <cstddef>
#include <memory>

namespace tenon::objects {

// Signatures as the runtime's header has them, with its enumerations as int and its handles as void*.
struct ProgramRuntime {
  int (*launch_host_func)(void* stream, void (*function)(void*), void* argument) = nullptr;
  int (*memcpy_async)(void* to, const void* from, size_t bytes, int kind, void* stream) = nullptr;
  int (*pointer_attributes)(void* attributes, const void* address) = nullptr;
  int (*malloc_host)(void** address, size_t bytes) = nullptr;
  int (*free_host)(void* address) = nullptr;
  int (*event_record)(void* event, void* stream) = nullptr;
  int (*stream_is_capturing)(void* stream, int* status) = nullptr;
  int (*synchronize)(void* stream) = nullptr;
  int (*get_last_error)() = nullptr;

  bool is_there() const { return launch_host_func; }
  // False for memory of a device that the CPU cannot read: its contents must be copied by the runtime.
  bool readable(const void* address) const;
};

// Looked up once it is there: a program may load its runtime after us.
ProgramRuntime program_runtime();

}  // namespace tenon::objects
