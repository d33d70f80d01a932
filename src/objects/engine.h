// Engines, loaded or just built, and the contexts that run them.
#pragma once
#include <algorithm>
#include <exception>
#include <optional>
#include <tuple>
#include <vector>

#include "ir/dim.h"
#include "objects/builder.h"

namespace tenon {
struct Built;
}

namespace tenon::objects {

struct Context;
class LateBounds;
class ShapeCheck;
struct Job;
struct Work;

// An input or output; inputs come first, as bindings count them.
struct Port {
  std::string name;
  DataType type;
  Dims dims;  // -1 where open
  bool is_input;
  bool of_batch = false;              // with implicit batch: dims are those of each, else it is one for all
  std::vector<std::string> elements;  // symbols of an input's values, where they decide extents: a shape input
};

struct TENON_OBJECT Engine final : Object, std::enable_shared_from_this<Engine> {
  std::shared_ptr<const Built> built;
  std::vector<Port> ports;
  std::vector<std::string> bindings;  // names: those of the ports, and for each later profile "x [profile 1]"
  int32_t input_count = 0;
  int32_t max_batch = 0;                         // 0: batches are explicit
  std::shared_ptr<const ShapeCheck> assertions;  // those that shapes decide
  std::shared_ptr<const LateBounds> bounds;

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
  bool is_shape_io(const char* io_name) const { return !port(io_index(io_name)).elements.empty(); }
  TensorLocation location_of(const char* io_name) const;  // where its address has to be readable

  // As generation 8 counts: all ports for the first profile, all for the second …
  int32_t nb_bindings() const { return int32_t(bindings.size()); }
  int32_t binding_index(const char* name_of_binding) const;
  const std::string& binding_name(int32_t i) const;
  bool binding_is_input(int32_t i) const { return bound_port(i).is_input; }
  Dims binding_shape(int32_t i) const { return bound_port(i).dims; }
  DataType binding_type(int32_t i) const { return bound_port(i).type; }
  bool is_shape_binding(int32_t i) const { return !bound_port(i).elements.empty(); }
  bool is_execution_binding(int32_t i) const { return bound_port(i).elements.empty(); }
  TensorLocation binding_location(int32_t i) const { return location_of(bound_port(i).name.c_str()); }

  bool has_implicit_batch() const { return max_batch > 0; }
  int32_t max_batch_size() const { return std::max(max_batch, 1); }
  int32_t nb_profiles() const;
  Dims profile_shape(const char* io_name, int32_t profile, OptProfileSelector which) const;
  Dims profile_dimensions(int32_t binding, int32_t profile, OptProfileSelector which) const;
  // Of a shape input, as many as it has elements; null of another.
  const int64_t* profile_values(const char* io_name, int32_t profile, OptProfileSelector which) const;
  const int32_t* narrow_profile_values(const char* io_name, int32_t profile, OptProfileSelector which) const;
  const int32_t* profile_binding_values(int32_t profile, int32_t binding, OptProfileSelector which) const;
  size_t device_memory_size() const;  // what the largest profile takes
  size_t device_memory_size_for(int32_t profile) const;

  const Port& port(int32_t i) const;
  const Port& bound_port(int32_t binding) const;
  void check_profile(int32_t profile) const;

 private:
  void add_values(int32_t i, int32_t profile);
  const OptimizationProfile::Values* values_at(int32_t i, int32_t profile, OptProfileSelector which) const;
  using ByPlace = std::tuple<int32_t, int32_t, OptProfileSelector>;  // port, profile, which
  std::map<ByPlace, OptimizationProfile::Values> values_;
};

// A program's own memory for an output, asked for when its extents are known.
struct OutputMemory {
  void* user = nullptr;
  virtual ~OutputMemory() = default;
  // `now`: the address that is set; it may be given back. Null: there is none.
  virtual void* reallocate(const char* output, void* now, uint64_t bytes, uint64_t alignment, void* stream) = 0;
  virtual void notify_shape(const char* output, const Dims& dims) = 0;
};

// The extents of all inputs, and what the values of shape inputs tell.
struct InputShapes {
  std::vector<Extents> extents;
  Binding told;
};

// Shapes and addresses of one caller. Work enqueued on a stream is ordered by the CUDA runtime that the process has,
// real or stand-in; without one it is done when the call returns.
struct TENON_OBJECT Context final : Object {
  explicit Context(std::shared_ptr<Engine> engine);
  ~Context() override;

  Engine* engine() const { return owner_.get(); }
  // Shapes are to be set anew afterwards. What is enqueued already runs as it was.
  void set_profile(int32_t profile);
  void set_profile_async(int32_t profile, void*) { set_profile(profile); }
  int32_t profile() const { return profile_; }
  // Of an engine with implicit batch the first ones; of another, their batch is 1.
  void execute(int32_t batch, void* const* bindings);
  void enqueue_batch(int32_t batch, void* const* bindings, void* stream, void* consumed);
  void execute_v2(void* const* bindings);
  void enqueue_v2(void* const* bindings, void* stream, void* consumed);
  void enqueue_v3(void* stream);
  void set_tensor_address(const char* io_name, void* address);
  void set_input_tensor_address(const char* io_name, const void* address);
  const void* tensor_address(const char* io_name) const;
  void set_input_shape(const char* io_name, const Dims& dims);
  void set_binding_dimensions(int32_t i, const Dims& dims);
  Dims shape_of(const char* io_name);
  Dims binding_shape(int32_t i) { return io_shape(port_of_binding(i)); }
  bool all_input_dimensions_specified() const;
  bool all_input_shapes_specified() const;  // with the values of shape inputs
  void set_shape_binding(int32_t i, const int32_t* values);
  void shape_binding(int32_t i, int32_t* values) const;
  // How many inputs lack a shape or values; the first names of them.
  int32_t infer_shapes(int32_t room, const char** names);
  // Results whose extents a run finds out lie there afterwards: where the memory says, else at the address that is set.
  void set_output_allocator(const char* io_name, std::shared_ptr<OutputMemory> memory);
  std::shared_ptr<OutputMemory> output_allocator(const char* io_name) const;
  int64_t max_output_size(const char* io_name);  // in bytes, with the inputs' shapes as they are

 private:
  Dims io_shape(int32_t i);
  Dims output_shape(int32_t output, const InputShapes& shapes);
  InputShapes shapes_with(Binding told) const;
  void set_shape(int32_t i, const Dims& dims);
  int32_t port_of_binding(int32_t i) const;  // of the profile that is chosen
  bool has_values(int32_t i, const void* address) const;
  std::string values_at(int32_t i, const void* address) const;
  std::optional<Binding> told_by(const std::vector<void*>& addresses) const;
  std::vector<void*> addresses_of(void* const* bindings) const;
  void set_batch(int32_t batch);
  void check_explicit() const;
  void run_and_wait(void* const* bindings);
  void enqueue_bindings(void* const* bindings, void* stream, void* consumed);
  void check_input(int32_t i, const Dims& dims) const;
  void add_input(Job& job, int32_t i, void* address) const;
  void* memory_of(int32_t i, const Dims& dims, void* now, void* stream);
  void enqueue(const std::vector<void*>& addresses, void* stream, std::shared_ptr<std::exception_ptr> failure = {});
  void finish_late(const std::vector<int32_t>& late, const std::vector<void*>& addresses, void* stream);

  std::shared_ptr<Engine> owner_;
  std::shared_ptr<Work> work_;  // outlives the context while work is enqueued
  int32_t profile_ = 0, batch_ = 1;
  std::vector<std::shared_ptr<Work>> works_;                // by profile, from when it is first chosen
  std::vector<Dims> inputs_;                                // the shapes as they are
  InputShapes allowed_;                                     // those that no assertion refused last
  std::vector<std::shared_ptr<const std::string>> values_;  // of shape inputs, as bytes, where set without an address
  std::vector<void*> addresses_;
  std::vector<std::shared_ptr<OutputMemory>> memories_;  // by input and output
  std::vector<std::optional<Dims>> found_;               // by the last run
};

struct TENON_OBJECT Runtime final : Object {
  std::shared_ptr<Engine> deserialize(const void* blob, size_t size);
  std::shared_ptr<Engine> deserialize(const void* blob, size_t size, const void* plugin_factory);  // which must be null
};

TENON_OBJECT std::shared_ptr<Runtime> create_runtime(std::shared_ptr<LogSink> log);

}  // namespace tenon::objects
