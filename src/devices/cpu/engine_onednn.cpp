#include <omp.h>

#include <array>
#include <string_view>
#include <utility>

#include "devices/cpu/onednn.h"

namespace tenon::onednn {

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

// The library's number of threads is the calling thread's own variable: set it wherever a primitive is made or run.
dnnl::stream& stream() {
  thread_local dnnl::stream own = (omp_set_num_threads(1), dnnl::stream(engine()));
  return own;
}

dnnl::primitive_attr attributes() {
  stream();
  dnnl::primitive_attr a;
  a.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return a;
}

namespace {

// A handle on our memory, for one call.
struct Memory {
  dnnl_memory_t handle = nullptr;
  Memory() = default;
  Memory(const dnnl_memory_desc_t& desc, void* data) {
    check(dnnl_memory_create(&handle, &desc, engine().get(), data) == dnnl_success, ErrorId::internal,
          "oneDNN refuses memory");
  }
  Memory(Memory&& other) noexcept : handle(std::exchange(other.handle, nullptr)) {}
  Memory& operator=(Memory&& other) noexcept {
    std::swap(handle, other.handle);
    return *this;
  }
  ~Memory() {
    if (handle) dnnl_memory_destroy(handle);
  }
};

}  // namespace

void execute(const dnnl::primitive& primitive, std::initializer_list<Argument> arguments) {
  constexpr size_t most = 8;
  std::array<Memory, most> memory;
  std::array<dnnl_exec_arg_t, most> list;
  check(arguments.size() <= most, ErrorId::internal, "too many arguments for oneDNN");
  size_t n = 0;
  for (const Argument& a : arguments) {
    if (!a.data) continue;
    memory[n] = Memory(a.desc, a.data);
    list[n] = {a.id, memory[n].handle};
    ++n;
  }
  auto status = dnnl_primitive_execute(primitive.get(), stream().get(), int(n), list.data());
  check(status == dnnl_success, ErrorId::internal, "oneDNN failed with status ", int(status));
}

void pack(const dnnl::memory::desc& from, const void* source, const dnnl::memory::desc& to, void* packed) {
  dnnl::memory a(from, engine(), const_cast<void*>(source)), b(to, engine(), packed);
  dnnl::reorder(a, b).execute(stream(), a, b);
}

bool is_fast(const char* implementation) {
  std::string_view name(implementation);
  return name.starts_with("jit") || name.starts_with("brg");
}

}  // namespace tenon::onednn
