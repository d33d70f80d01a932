// Tenon's native C++ interface: load a model, run it. C++17, value types; every function may throw tenon::Failure.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#define TENON_API __attribute__((visibility("default")))

namespace tenon::api {

// What every function throws. `id` is stable ("TN302"), `code` groups ids ("unsupported").
class TENON_API Failure : public std::runtime_error {
 public:
  Failure(const std::string& text, std::string id, std::string code)
      : std::runtime_error(text), id_(std::move(id)), code_(std::move(code)) {}
  const std::string& id() const { return id_; }
  const std::string& code() const { return code_; }

 private:
  std::string id_, code_;
};

// A named input or output. Extents: a number, or the name of a dimension that is known when the model runs.
struct Port {
  std::string name;
  std::string element;  // "f32", "f16", "bf16", "f64", "i8" … "u64", "bool", "f8e4m3fn", "i4" …
  std::vector<std::string> shape;
};

// Dense row-major memory of the caller, a byte each for elements of fewer than 8 bits, in its low ones. `bytes` guards
// against a wrong size.
struct TensorRef {
  const void* data = nullptr;
  std::vector<int64_t> shape;
  size_t bytes = 0;
};

// One step of a model's plan, with the time it took in all profiled runs together.
struct StepTime {
  std::string kernel, origins;  // "onednn.conv"; the names of the ONNX nodes it computes
  double ms = 0;
};

// What an open dimension may be, and what it is most often. Memory is planned for the highest.
struct DimensionRange {
  int64_t lowest = 1, typical = 1, highest = 1;
};

struct Options {
  std::string device = "cpu";  // "cuda": the first NVIDIA GPU; "auto": it if there is one, else the CPU
  // Element types that f32 values inside may be stored in where that is faster: "f16", "bf16". A permission, no
  // command.
  std::vector<std::string> permit;
  std::vector<std::string> keep;       // values by name, as in the ONNX file, that no permission is for
  int threads = 0;                     // 0: all that the process may use
  bool optimize = true;                // false: every node by its reference kernel
  double tuning_ms = 0;                // time for measuring kernels; 0: choose by prediction alone
  std::vector<std::string> providers;  // whose kernels may be chosen beside the reference's ("node"); empty: all
  std::string timing_cache;            // a file of measured times, read and written by tuning; empty: none
  std::function<bool()> cancelled;     // asked every few milliseconds of a build; true ends it with TN601
  std::map<std::string, DimensionRange> profile;  // of every open dimension, by name; empty: any size, memory grows
};

// What there is: names of kernels and of graph rules, as stats() counts them; of passes, in their order; of operators;
// of those ONNX operators of which some uses can be imported, "DOMAIN::NAME" outside ai.onnx.
struct Catalogue {
  std::vector<std::string> kernels, rules, passes, operators, onnx;
};
TENON_API Catalogue catalogue();

// A value in a Network, and only there.
class Value {
 private:
  friend class Network;
  const void* owner_ = nullptr;
  void* value_ = nullptr;
};

// Attributes of an operator by name, as the text form writes them: {{"strides", "2,2"}, {"auto_pad", "same_upper"}}.
using Fields = std::map<std::string, std::string>;

// A network built by code. Operators have the names of catalogue().operators; what they take stands in src/ops/, and a
// Model's dump shows it. Mistakes are refused where they are made. Nodes without a name get one: "conv_3".
class TENON_API Network {
 public:
  Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();
  static Network parse(const std::string& text);  // the text form, as dump writes it

  Value input(const std::string& name, const std::string& element, const std::vector<std::string>& shape);
  // Copies `bytes` bytes of dense row-major elements.
  Value constant(const std::string& element, const std::vector<int64_t>& shape, const void* data, size_t bytes,
                 const std::string& name = {});
  // The first result; add_all: every result, of split or topk.
  Value add(const std::string& op, const std::vector<Value>& operands, const Fields& fields = {},
            const std::string& name = {});
  std::vector<Value> add_all(const std::string& op, const std::vector<Value>& operands, const Fields& fields = {},
                             const std::string& name = {});
  void output(Value value, const std::string& name = {});  // the name programs bind; the value's own if empty
  Port describe(Value value) const;                        // name, element type and shape
  std::string dump() const;  // what parse reads; constants of over 16 elements only as a digest

 private:
  friend class Model;
  struct State;
  std::unique_ptr<State> state_;
};

// A built model. Copies share everything but the memory of a run: give each thread a copy of its own.
class TENON_API Model {
 public:
  // An ONNX file or an engine file, told apart by content.
  static Model load(const std::string& path, const Options& options = {});
  static Model load(const void* data, size_t bytes, const Options& options = {});
  static Model build(const Network& network, const Options& options = {});  // the network stays as it is
  Model(const Model& other);
  Model(Model&&) noexcept;
  ~Model();

  const std::vector<Port>& inputs() const;
  const std::vector<Port>& outputs() const;
  // Binds the inputs' shapes and returns the outputs'; then run writes the outputs, in order. Values matter to bind
  // only where they decide shapes (the axes of a sum, say): then it builds a plan when such values first come.
  std::vector<std::vector<int64_t>> bind(const std::vector<TensorRef>& inputs);
  // An output whose extents follow from values has -1 for them: give run a null address for it, and read it as
  // `result`, which is there until the next run.
  void run(const std::vector<TensorRef>& inputs, const std::vector<void*>& outputs);
  TensorRef result(int output) const;

  void save(const std::string& path) const;  // as an engine file, atomically: the old file or the new one, whole

  std::string explain() const;
  // The graph as text: as it was loaded, or as it is behind a pass of the optimizer, named by catalogue().passes.
  std::string dump(const std::string& after = {}) const;
  void set_profiling(bool on);  // sums start at 0; each run adds a few microseconds
  std::vector<StepTime> step_times() const;
  std::map<std::string, double> stats() const;  // build_ms, arena_bytes, kernel/…, rule/…

 private:
  struct State;
  explicit Model(std::unique_ptr<State> state);
  static std::unique_ptr<State> import(std::vector<std::byte> bytes, const std::string& folder, const Options& options);
  static std::unique_ptr<State> build_from(std::vector<std::byte> bytes, const std::string& folder,
                                           const Options& options);
  std::unique_ptr<State> state_;
};

}  // namespace tenon::api
