// Engines, loaded or just built, and the contexts that run them.
#pragma once
#include <mutex>
#include <vector>

#include "objects/builder.h"

namespace tenon {
struct Built;
}

namespace tenon::objects {

struct Context;
class ShapeCheck;

// An input or output; inputs come first, as bindings count them.
struct Port {
  std::string name;
  DataType type;
  Dims dims;  // -1 where open
  bool is_input;
};

struct TENON_OBJECT Engine final : Object, std::enable_shared_from_this<Engine> {
  std::shared_ptr<const Built> built;
  std::vector<Port> ports;
  int32_t input_count = 0;
  std::shared_ptr<const ShapeCheck> assertions;  // those that shapes decide

  explicit Engine(std::shared_ptr<const Built> b);
  std::shared_ptr<HostMemory> serialize() const;
  std::shared_ptr<Context> create_context();

  int32_t nb_io() const { return int32_t(ports.size()); }
  int32_t io_index(const char* io_name) const;  // refuses what is not there
  const std::string& io_name(int32_t i) const { return port(i).name; }
  bool io_is_input(int32_t i) const { return port(i).is_input; }
  Dims io_shape(int32_t i) const { return port(i).dims; }
  DataType io_type(int32_t i) const { return port(i).type; }
  Dims shape_of(const char* io_name) const { return port(io_index(io_name)).dims; }
  DataType type_of(const char* io_name) const { return port(io_index(io_name)).type; }
  TensorIOMode mode_of(const char* io_name) const;  // none: there is no such tensor
  int32_t get_nb_layers() const;                    // steps of the plan
  int32_t nb_profiles() const { return 1; }
  Dims profile_shape(const char* io_name, int32_t profile, OptProfileSelector which) const;
  Dims profile_dimensions(int32_t i, int32_t profile, OptProfileSelector which) const;
  size_t device_memory_size() const;

  const Port& port(int32_t i) const;
};

// Shapes and addresses of one caller. Work enqueued on a stream is ordered by the CUDA runtime that the process has,
// real or stand-in; without one it is done when the call returns.
struct TENON_OBJECT Context final : Object {
  explicit Context(std::shared_ptr<Engine> engine);
  ~Context() override;

  Engine* engine() const { return owner_.get(); }
  void execute_v2(void* const* bindings);
  void enqueue_v2(void* const* bindings, void* stream, void* consumed);
  void enqueue_v3(void* stream);
  void set_tensor_address(const char* io_name, void* address);
  void set_input_tensor_address(const char* io_name, const void* address);
  const void* tensor_address(const char* io_name) const;
  void set_input_shape(const char* io_name, const Dims& dims);
  void set_binding_dimensions(int32_t i, const Dims& dims);
  Dims shape_of(const char* io_name);
  Dims io_shape(int32_t i);
  bool all_input_dimensions_specified() const;

 private:
  struct Work;
  void check_input(int32_t i, const Dims& dims) const;
  void enqueue(const std::vector<void*>& addresses, void* stream, std::shared_ptr<std::exception_ptr> failure = {});

  std::shared_ptr<Engine> owner_;
  std::shared_ptr<Work> work_;          // outlives the context while work is enqueued
  std::vector<Dims> inputs_, allowed_;  // the shapes as they are; those that no assertion refused last
  std::vector<void*> addresses_;
};

struct TENON_OBJECT Runtime final : Object {
  std::shared_ptr<Engine> deserialize(const void* blob, size_t size);
  std::shared_ptr<Engine> deserialize(const void* blob, size_t size, const void* plugin_factory);  // which must be null
};

TENON_OBJECT std::shared_ptr<Runtime> create_runtime(std::shared_ptr<LogSink> log);

}  // namespace tenon::objects
