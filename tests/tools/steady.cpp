// A model at many shapes, visited again and again in random order: what each visit takes, and what it allocates.
// One line of JSON a visit; then for every shape the median of runs one after the other.
#include <link.h>
#include <tenon.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <new>
#include <random>

#ifdef TENON_CUDA
#include "devices/cuda/cuda.h"
#include "devices/device.h"
#endif

// ---- Allocations, told apart by who asks: libraries that kernels call, or anything else, which is ours.
namespace {

struct Range {
  uintptr_t first, end;
};
Range libraries[64];
int library_count = 0;
std::atomic<int64_t> by_us{0}, by_libraries{0};

void count(const void* caller) {
  auto at = reinterpret_cast<uintptr_t>(caller);
  bool library =
      std::any_of(libraries, libraries + library_count, [&](const Range& r) { return r.first <= at && at < r.end; });
  ++(library ? by_libraries : by_us);
}

int note_library(dl_phdr_info* info, size_t, void*) {
  bool is_one = std::strstr(info->dlpi_name, "libdnnl") || std::strstr(info->dlpi_name, "libtbb") ||
                std::strstr(info->dlpi_name, "libgomp") || std::strstr(info->dlpi_name, "libcu") ||
                std::strstr(info->dlpi_name, "libnv");
  for (int i = 0; is_one && i < info->dlpi_phnum && library_count < 64; ++i)
    if (info->dlpi_phdr[i].p_type == PT_LOAD)
      libraries[library_count++] = {info->dlpi_addr + info->dlpi_phdr[i].p_vaddr,
                                    info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz};
  return 0;
}

}  // namespace

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t n) { return count(__builtin_return_address(0)), __libc_malloc(n); }
void* calloc(size_t n, size_t each) { return count(__builtin_return_address(0)), __libc_calloc(n, each); }
void* realloc(void* p, size_t n) { return count(__builtin_return_address(0)), __libc_realloc(p, n); }
void* aligned_alloc(size_t a, size_t n) { return count(__builtin_return_address(0)), __libc_memalign(a, n); }
int posix_memalign(void** p, size_t a, size_t n) {
  count(__builtin_return_address(0));
  *p = __libc_memalign(a, n);
  return *p ? 0 : 12;
}
}
void* operator new(size_t n) {
  count(__builtin_return_address(0));
  if (void* p = __libc_malloc(n)) return p;
  throw std::bad_alloc();
}
void* operator new(size_t n, std::align_val_t a) {
  count(__builtin_return_address(0));
  if (void* p = __libc_memalign(size_t(a), n)) return p;
  throw std::bad_alloc();
}

// ---- The model and its shapes
namespace {

using clock_type = std::chrono::steady_clock;
using Shapes = std::vector<std::vector<int64_t>>;  // of all inputs

struct Open {
  int64_t low, typical, high, step;
};

int64_t count_of(const std::vector<int64_t>& shape) {
  int64_t n = 1;
  for (int64_t d : shape) n *= d;
  return n;
}

int64_t bytes_of(const std::string& element) {
  if (element == "bool" || element == "i8" || element == "u8") return 1;
  if (element == "f16" || element == "bf16" || element == "i16" || element == "u16") return 2;
  return element == "f64" || element == "i64" || element == "u64" ? 8 : 4;
}

struct Runner {
  tenon::api::Model model;
  std::vector<std::vector<std::byte>> in, out;  // as large as the largest shape
  std::vector<void*> to;
  std::map<size_t, std::shared_ptr<std::byte>> on_device;  // inputs that outputs lie on, there where the model runs

  Runner(tenon::api::Model m, const Shapes& largest) : model(std::move(m)) {
    for (size_t i = 0; i < largest.size(); ++i) {
      const std::string& element = model.inputs()[i].element;
      in.emplace_back(size_t(count_of(largest[i]) * bytes_of(element)));
      auto* numbers = reinterpret_cast<float*>(in[i].data());
      for (size_t k = 0; element == "f32" && k < in[i].size() / 4; ++k)
        numbers[k] = float(int(uint32_t(k * 2654435761u) >> 24) - 128) / 128;
    }
    Shapes made = model.bind(refs(largest));
    for (size_t i = 0; i < made.size(); ++i) {
      bool late = std::count(made[i].begin(), made[i].end(), -1) > 0;
      out.emplace_back(size_t(late ? 0 : count_of(made[i]) * bytes_of(model.outputs()[i].element)));
      to.push_back(late ? nullptr : out[i].data());
    }
  }
  std::vector<tenon::api::TensorRef> refs(const Shapes& shapes) const {
    std::vector<tenon::api::TensorRef> list;
    for (size_t i = 0; i < shapes.size(); ++i)
      list.push_back({on_device.contains(i) ? on_device.at(i).get() : in[i].data(), shapes[i],
                      size_t(count_of(shapes[i]) * bytes_of(model.inputs()[i].element))});
    return list;
  }
  static size_t index_of(const std::vector<tenon::api::Port>& ports, const std::string& name) {
    for (size_t i = 0; i < ports.size(); ++i)
      if (ports[i].name == name) return i;
    throw std::runtime_error("nothing is called '" + name + "'");
  }
  void put_over(const std::string& output, const std::string& input, [[maybe_unused]] const std::string& device) {
    size_t i = index_of(model.inputs(), input);
    std::byte* memory = in[i].data();
#ifdef TENON_CUDA
    if (std::string why; device == "cuda") {
      tenon::Device& gpu = *tenon::cuda_device(why);
      on_device[i] = gpu.allocate(int64_t(in[i].size()), "an input");
      std::shared_ptr<void> stream = gpu.make_stream();
      gpu.copy(on_device[i].get(), memory, int64_t(in[i].size()), stream.get());
      gpu.synchronize(stream.get());
      memory = on_device[i].get();
    }
#endif
    to[index_of(model.outputs(), output)] = memory;
  }
  double run_ms(const std::vector<tenon::api::TensorRef>& given) {
    auto start = clock_type::now();
    model.run(given, to);
    return std::chrono::duration<double, std::milli>(clock_type::now() - start).count();
  }
};

template <class Choose>
Shapes shapes_of(const tenon::api::Model& model, const std::map<std::string, Open>& open, Choose choose) {
  std::map<std::string, int64_t> numbers;
  for (const auto& [name, o] : open) numbers[name] = choose(o);
  Shapes shapes;
  for (const tenon::api::Port& port : model.inputs()) {
    std::vector<int64_t>& shape = shapes.emplace_back();
    for (const std::string& d : port.shape) shape.push_back(numbers.contains(d) ? numbers[d] : std::stoll(d));
  }
  return shapes;
}

void print_steps(Runner& runner, const Shapes& shapes, int runs) {
  std::vector<tenon::api::TensorRef> given = runner.refs(shapes);
  runner.run_ms(given);
  runner.model.set_profiling(true);
  for (int i = 0; i < runs; ++i) runner.run_ms(given);
  for (const tenon::api::StepTime& s : runner.model.step_times())
    std::printf("{\"kernel\": \"%s\", \"ms\": %.4f}\n", s.kernel.c_str(), s.ms / runs);
}

void print_visit(const char* kind, size_t shape, int visit, const Shapes& shapes, double ms, int64_t ours,
                 int64_t libraries_made, double arena) {
  std::printf("{\"kind\": \"%s\", \"shape\": %zu, \"visit\": %d, \"extents\": \"", kind, shape, visit);
  for (const auto& s : shapes)
    for (int64_t d : s) std::printf("%ld ", long(d));
  std::printf("\", \"ms\": %.4f, \"ours\": %ld, \"libraries\": %ld, \"arena\": %.0f}\n", ms, long(ours),
              long(libraries_made), arena);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  std::string path;
  std::vector<std::string> ranges, over;
  int shapes = 50, visits = 3, threads = 2, repeat = 5, step_times = 0;
  tenon::api::Options options;
  uint64_t seed = 1;
  app.add_option("model", path)->required();
  app.add_option("--range", ranges, "NAME=LOW,TYPICAL,HIGH,STEP of an open dimension");
  app.add_option("--shapes", shapes);
  app.add_option("--visits", visits);
  app.add_option("--threads", threads);
  app.add_option("--repeat", repeat, "runs one after the other for the steady latency; 0: none");
  app.add_option("--seed", seed);
  app.add_option("--device", options.device);
  app.add_option("--over", over, "OUTPUT=INPUT: the output lies where the input does");
  app.add_option("--step-times", step_times, "instead: milliseconds of each step, the mean of so many runs");
  CLI11_PARSE(app, argc, argv);

  std::map<std::string, Open> open;
  options.threads = threads;
  for (const std::string& range : ranges) {
    Open o{};
    size_t equals = range.find('=');
    if (equals == range.npos ||
        std::sscanf(range.c_str() + equals, "=%ld,%ld,%ld,%ld", &o.low, &o.typical, &o.high, &o.step) != 4)
      return std::fprintf(stderr, "steady: '%s' is no NAME=LOW,TYPICAL,HIGH,STEP\n", range.c_str()), 2;
    open[range.substr(0, equals)] = o;
    options.profile[range.substr(0, equals)] = {o.low, o.typical, o.high};
  }
  try {
    tenon::api::Model model = tenon::api::Model::load(path, options);
    Runner runner(model, shapes_of(model, open, [](const Open& o) { return o.high; }));
    for (const std::string& pair : over)
      runner.put_over(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1), options.device);
    if (step_times > 0)
      return print_steps(runner, shapes_of(model, open, [](const Open& o) { return o.typical; }), step_times), 0;
    dl_iterate_phdr(note_library, nullptr);
    std::mt19937_64 random(seed);
    auto any = [&](const Open& o) {
      return std::uniform_int_distribution<int64_t>((o.low + o.step - 1) / o.step, o.high / o.step)(random) * o.step;
    };
    std::vector<Shapes> all;
    std::vector<size_t> order;
    for (int i = 0; i < shapes; ++i) all.push_back(shapes_of(model, open, any));
    for (int v = 0; v < visits; ++v)
      for (size_t i = 0; i < all.size(); ++i) order.push_back(i);
    std::shuffle(order.begin(), order.end(), random);
    std::vector<int> seen(all.size());
    auto arena = [&] { return runner.model.stats()["arena_bytes"]; };
    for (size_t shape : order) {
      std::vector<tenon::api::TensorRef> given = runner.refs(all[shape]);
      int64_t ours = by_us, libraries_made = by_libraries;
      double ms = runner.run_ms(given);  // binds the shape, too
      ours = by_us - ours, libraries_made = by_libraries - libraries_made;
      print_visit("visit", shape, seen[shape]++, all[shape], ms, ours, libraries_made, arena());
    }
    for (size_t i = 0; repeat > 0 && i < all.size(); ++i) {
      std::vector<tenon::api::TensorRef> given = runner.refs(all[i]);
      std::vector<double> ms;
      for (int k = 0; k < repeat + 1; ++k) ms.push_back(runner.run_ms(given));
      std::sort(ms.begin() + 1, ms.end());  // the first warms up
      print_visit("steady", i, 0, all[i], ms[1 + size_t(repeat) / 2], 0, 0, arena());
    }
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "steady: %s\n", e.what()), 1;
  }
}
