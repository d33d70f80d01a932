// Small networks, run and compared with numbers that the program computes itself; wrong calls and what they say.
#pragma once
#include <NvInfer.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

using namespace nvinfer1;
using Numbers = std::vector<double>;
using Extent = std::remove_reference<decltype(Dims{}.d[0])>::type;

struct Log : ILogger {
  std::vector<std::string> errors;
  void log(Severity severity, AsciiChar const* text) noexcept override {
    if (severity <= Severity::kERROR) errors.push_back(text);
  }
};

static int failures = 0, cases = 0;

inline void fail_at(int line, std::string const& what) {
  std::printf("FAILED generation %d line %d: %s\n", NV_TENSORRT_MAJOR, line, what.c_str());
  ++failures;
}
#define CHECK(x) \
  if (!(x)) fail_at(__LINE__, #x)

inline Dims dims(std::vector<int64_t> const& list) {
  Dims d;
  d.nbDims = int32_t(list.size());
  for (size_t i = 0; i < list.size(); ++i) d.d[i] = Extent(list[i]);
  return d;
}
inline bool same(Dims const& a, std::vector<int64_t> const& b) {
  bool equal = a.nbDims == int32_t(b.size());
  for (size_t i = 0; equal && i < b.size(); ++i) equal = a.d[i] == b[i];
  return equal;
}
inline int64_t count(std::vector<int64_t> const& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<int64_t>());
}
// Numbers between -2 and 2, others for every seed; exact in floats of 32 bits.
inline Numbers some(int64_t n, unsigned seed = 1) {
  Numbers v;
  for (int64_t i = 0; i < n; ++i) v.push_back(double((unsigned(i) * 2654435761U + seed * 40503U) >> 20) / 1024 - 2);
  return v;
}
inline Numbers mapped(Numbers v, std::function<double(double)> f) {
  std::transform(v.begin(), v.end(), v.begin(), f);
  return v;
}

inline size_t size_of(DataType t) {
  return t == DataType::kINT8 || t == DataType::kBOOL ? 1 : t == DataType::kHALF ? 2 : int(t) == 8 ? 8 : 4;
}
inline std::string stored(Numbers const& v, DataType t) {
  std::string bytes;
  auto put = [&](auto x) { bytes.append(reinterpret_cast<char const*>(&x), sizeof x); };
  for (double x : v)
    if (t == DataType::kFLOAT) put(float(x));
    else if (t == DataType::kINT32) put(int32_t(x));
    else if (size_of(t) == 8) put(int64_t(x));
    else put(int8_t(x));
  return bytes;
}
inline Numbers loaded(std::string const& bytes, DataType t) {
  Numbers v;
  for (size_t at = 0; at < bytes.size(); at += size_of(t)) {
    auto get = [&](auto x) { return std::memcpy(&x, &bytes[at], sizeof x), double(x); };
    v.push_back(t == DataType::kFLOAT   ? get(float())
                : t == DataType::kINT32 ? get(int32_t())
                : size_of(t) == 8       ? get(int64_t())
                                        : get(int8_t()));
  }
  return v;
}

// A network with its inputs' numbers and what its outputs are to be.
struct Net {
  struct Input {
    ITensor* tensor;
    std::vector<int64_t> shape;
    std::string bytes;
  };
  struct Wanted {
    ITensor* tensor;
    std::vector<int64_t> shape;
    Numbers numbers;
    double tolerance;
  };
  Log log;
  IBuilder* builder = createInferBuilder(log);
  IBuilderConfig* config = builder->createBuilderConfig();
  INetworkDefinition* n = builder->createNetworkV2(1U << int(NetworkDefinitionCreationFlag::kEXPLICIT_BATCH));
  std::vector<Input> inputs;
  std::vector<Wanted> wanted;
  std::vector<std::string> kept;  // weights
  std::string ending;             // the error that the run is to end with, if any
  int line;

  explicit Net(int at) : line(at) {}
  ~Net() {
    delete n;
    delete config;
    delete builder;
  }
  INetworkDefinition* operator->() { return n; }

  // `open`: axes whose extent the network does not know.
  ITensor* in(std::vector<int64_t> const& shape, Numbers const& v, DataType t = DataType::kFLOAT,
              std::vector<int> const& open = {}) {
    Dims d = dims(shape);
    for (int axis : open) d.d[axis] = -1;
    std::string name = "in" + std::to_string(inputs.size());
    ITensor* x = n->addInput(name.c_str(), t, d);
    inputs.push_back({x, shape, stored(v, t)});
    return x;
  }
  Weights weights(Numbers const& v, DataType t = DataType::kFLOAT) {
    kept.reserve(100);
    kept.push_back(stored(v, t));
    return {t, kept.back().data(), int64_t(v.size())};
  }
  ITensor* constant(std::vector<int64_t> const& shape, Numbers const& v, DataType t = DataType::kFLOAT) {
    return n->addConstant(dims(shape), weights(v, t))->getOutput(0);
  }
  ITensor* list(std::vector<int64_t> const& v) {
    return constant({int64_t(v.size())}, Numbers(v.begin(), v.end()), DataType::kINT32);
  }
  void want(ITensor* t, std::vector<int64_t> const& shape, Numbers const& v, double tolerance = 1e-5) {
    if (!t) return fail_at(line, "no tensor");
    t->setName(("out" + std::to_string(wanted.size())).c_str());
    n->markOutput(*t);
    wanted.push_back({t, shape, v, tolerance});
  }
  void want(ILayer* l, std::vector<int64_t> const& shape, Numbers const& v, double tolerance = 1e-5) {
    want(l ? l->getOutput(0) : nullptr, shape, v, tolerance);
  }

  void run() {
    ++cases;
    IOptimizationProfile* profile = builder->createOptimizationProfile();
    for (Input const& i : inputs)
      for (int which = 0; which < 3; ++which)
        profile->setDimensions(i.tensor->getName(), OptProfileSelector(which), dims(i.shape));
    config->addOptimizationProfile(profile);
    std::vector<DataType> types;
    for (Wanted const& w : wanted) types.push_back(w.tensor->getType());
    IHostMemory* plan = builder->buildSerializedNetwork(*n, *config);
    for (std::string& w : kept) std::fill(w.begin(), w.end(), '\x7f');  // after the build they are ours again
    if (!plan) return fail_at(line, "no engine: " + (log.errors.empty() ? "" : log.errors.back()));
    IRuntime* runtime = createInferRuntime(log);
    ICudaEngine* engine = runtime->deserializeCudaEngine(plan->data(), plan->size());
    IExecutionContext* context = engine->createExecutionContext();
    std::vector<std::string> memory;
    for (Input& i : inputs) {
      context->setInputShape(i.tensor->getName(), dims(i.shape));
      context->setTensorAddress(i.tensor->getName(), &i.bytes[0]);
    }
    for (size_t k = 0; k < wanted.size(); ++k)
      memory.push_back(std::string(size_t(count(wanted[k].shape)) * size_of(types[k]), '\x55'));
    for (size_t k = 0; k < wanted.size(); ++k) {
      std::string name = "out" + std::to_string(k);
      if (!same(context->getTensorShape(name.c_str()), wanted[k].shape)) {
        Dims d = context->getTensorShape(name.c_str());
        std::string found;
        for (int i = 0; i < d.nbDims; ++i) found += std::to_string(d.d[i]) + " ";
        fail_at(line, name + " has another shape: " + found + (log.errors.empty() ? "" : log.errors.back()));
        memory[k].resize(1 << 20);
      }
      context->setTensorAddress(name.c_str(), &memory[k][0]);
    }
    if (!context->enqueueV3(nullptr)) return fail_at(line, "no run: " + log.errors.back());
    cudaStreamSynchronize(nullptr);
    if (!ending.empty()) refused(line, !log.errors.empty(), ending);
    else
      for (size_t k = 0; k < wanted.size(); ++k) compare(k, loaded(memory[k], types[k]));
    if (!log.errors.empty()) fail_at(line, "an error: " + log.errors[0]);
    delete context;
    delete engine;
    delete runtime;
    delete plan;
  }

  void compare(size_t k, Numbers const& found) {
    Numbers const& right = wanted[k].numbers;
    if (found.size() != right.size()) return fail_at(line, "other counts");
    for (size_t i = 0; i < right.size(); ++i) {
      bool equal = std::isnan(right[i])
                       ? std::isnan(found[i])
                       : found[i] == right[i] ||
                             std::fabs(found[i] - right[i]) <= wanted[k].tolerance * std::max(1., std::fabs(right[i]));
      if (!equal)
        return fail_at(line, "output " + std::to_string(k) + " at " + std::to_string(i) + " is " +
                                 std::to_string(found[i]) + ", expected " + std::to_string(right[i]));
    }
  }

  // What ran last failed, with one line that holds the text.
  void refused(int at, bool failed, std::string const& text) {
    if (!failed) fail_at(at, "did not fail: " + text);
    if (log.errors.size() != 1 || log.errors[0].find(text) == std::string::npos) {
      fail_at(at, std::to_string(log.errors.size()) + " errors, expected one with '" + text + "'");
      for (std::string const& e : log.errors) std::printf("    %s\n", e.c_str());
    }
    log.errors.clear();
  }
};
#define REFUSED(net, failed, text) (net).refused(__LINE__, failed, text)

// Whether a setter is seen by its getter: sets, asks, and finds no error.
#define KEEPS(layer, Field, ...)                   \
  do {                                             \
    (layer)->set##Field(__VA_ARGS__);              \
    CHECK((layer)->get##Field() == (__VA_ARGS__)); \
  } while (0)

inline int done(char const* what) {
  std::printf("%s: generation %d, %d networks, %d failures\n", what, NV_TENSORRT_MAJOR, cases, failures);
  return failures ? 1 : 0;
}
