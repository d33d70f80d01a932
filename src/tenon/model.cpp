// include/tenon.h over the core: the border where internal errors become api::Failure.
#include <tenon.h>

#include <cstdio>

#include "base/file.h"
#include "ir/text.h"
#include "onnx/import.h"
#include "optimizer/pipeline.h"
#include "plan/engine_file.h"
#include "runtime/context.h"
#include "tenon/build.h"
#include "tenon/guarded.h"
#include "tenon/network.h"
#include "tenon/providers.h"

namespace tenon::api {

namespace {

constexpr int64_t max_file_bytes = int64_t(1) << 40;

Port port(const Bound& bound) { return port_of(bound.name, bound.type); }

}  // namespace

struct Model::State {
  std::shared_ptr<const Built> built;
  std::vector<Port> inputs, outputs;
  int threads;
  ExecutionContext context;

  State(std::shared_ptr<const Built> b, int t) : built(std::move(b)), threads(t), context(built->plan, t) {
    for (const Bound& in : built->plan->inputs) inputs.push_back(port(in));
    for (const Bound& out : built->plan->outputs) outputs.push_back(port(out));
  }
};

static BuildOptions how_to_build(const Options& options) {
  BuildOptions how;
  how.device = options.device;
  for (const std::string& element : options.permit) {
    check(element == "f16" || element == "bf16", "'", element, "' cannot be permitted; f16 and bf16 can");
    (element == "f16" ? how.permissions.f16 : how.permissions.bf16) = true;
  }
  how.threads = options.threads;
  how.optimize = options.optimize;
  how.tuning_ms = options.tuning_ms;
  how.providers = options.providers;
  how.timing_cache = options.timing_cache;
  how.stop = Stop(options.cancelled);
  for (const auto& [name, range] : options.profile) {
    how.profile.ranges[name] = {range.lowest, range.highest};
    how.profile.typical[name] = range.typical;
  }
  return how;
}

static void say(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) std::fprintf(stderr, "tenon: %s\n", note.c_str());
}

static std::shared_ptr<const Built> finish(Graph graph, const BuildOptions& how) {
  auto built = std::make_shared<const Built>(build(std::move(graph), how));
  say(built->notes);
  return built;
}

// An engine or an ONNX model, told apart by content.
static std::shared_ptr<const Built> build_from(std::vector<std::byte> bytes, const std::string& folder,
                                               const Options& options) {
  BuildOptions how = how_to_build(options);
  if (looks_like_an_engine(bytes)) {
    auto file = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    Graph graph = read_engine(std::move(file), &how.plans);
    return finish(std::move(graph), how);
  }
  auto imported = [&] {  // the file's bytes go before the build takes memory of its own
    onnx::Model model = onnx::read_model(std::move(bytes));
    model.folder = folder;
    std::vector<std::string> notes;
    tenon::Network network = onnx::import_model(model, how.stop, &notes);
    say(notes);
    return lower(std::move(network));
  };
  Graph graph = imported();
  return finish(std::move(graph), how);
}

Catalogue catalogue() {
  Catalogue all;
  for (const Pass& pass : passes()) {
    all.passes.push_back(pass.name);
    if (pass.pass) all.rules.push_back(pass.name);
    for (const Rule& rule : pass.rules) all.rules.push_back(rule.name);
  }
  for (OpInfos folder : all_ops())
    for (const OpInfo& info : folder)
      if (info.tier == Tier::network) all.operators.push_back(info.name);
  for (const Provider* p : all_providers())
    for (const std::string& name : p->kernels()) all.kernels.push_back(name);
  return all;
}

Model Model::load(const std::string& path, const Options& options) {
  return guarded([&] {
    std::vector<std::byte> bytes = read_file(path, max_file_bytes, operating_system(), Stop(options.cancelled));
    return Model(std::make_unique<State>(build_from(std::move(bytes), folder_of(path), options), options.threads));
  });
}

Model Model::load(const void* data, size_t bytes, const Options& options) {
  return guarded([&] {
    const auto* first = static_cast<const std::byte*>(data);
    std::vector<std::byte> copy(first, first + bytes);
    return Model(std::make_unique<State>(build_from(std::move(copy), "", options), options.threads));
  });
}

Model Model::build(const Network& network, const Options& options) {
  return guarded([&] {
    std::shared_ptr<const Built> built = finish(lower(network.state_->network), how_to_build(options));
    return Model(std::make_unique<State>(std::move(built), options.threads));
  });
}

void Model::save(const std::string& path) const {
  guarded([&] { save_atomically(path, write_engine(*state_->built->graph, state_->built->plans).parts); });
}

Model::Model(std::unique_ptr<State> state) : state_(std::move(state)) {}
Model::Model(const Model& other) : state_(std::make_unique<State>(other.state_->built, other.state_->threads)) {}
Model::Model(Model&&) noexcept = default;
Model::~Model() = default;

const std::vector<Port>& Model::inputs() const { return state_->inputs; }
const std::vector<Port>& Model::outputs() const { return state_->outputs; }

std::vector<std::vector<int64_t>> Model::bind(const std::vector<TensorRef>& inputs) {
  return guarded([&] {
    std::vector<Extents> extents;
    for (const TensorRef& in : inputs) extents.emplace_back(std::span<const int64_t>(in.shape));
    state_->context.set_shapes(extents);
    std::vector<std::vector<int64_t>> shapes;
    for (size_t i = 0; i < state_->outputs.size(); ++i) {
      const Extents& e = state_->context.output_extents(int(i));
      shapes.emplace_back(e.begin(), e.end());
    }
    return shapes;
  });
}

void Model::run(const std::vector<TensorRef>& inputs, const std::vector<void*>& outputs) {
  bind(inputs);
  guarded([&] {
    std::vector<const void*> from;
    for (size_t i = 0; i < inputs.size(); ++i) {
      int64_t expected = checked_mul(Extents(std::span<const int64_t>(inputs[i].shape)).count(),
                                     size_bytes(state_->built->plan->inputs[i].type.element));
      check(int64_t(inputs[i].bytes) == expected, "input '", state_->inputs[i].name, "' has ", inputs[i].bytes,
            " bytes, expected ", expected);
      from.push_back(inputs[i].data);
    }
    state_->context.run(from, outputs);
  });
}

std::string Model::explain() const { return state_->built->explanation; }

std::string Model::dump(const std::string& after) const {
  return guarded([&] {
    if (after.empty()) return to_text(*state_->built->graph);
    std::string known;
    for (const Pass& pass : passes()) known += concat(known.empty() ? "" : ", ", pass.name);
    std::optional<std::string> text;
    Graph graph = clone(*state_->built->graph);
    optimize(graph, {after.c_str()}, [&](const char* pass, const Graph& g) {
      if (pass == after) text = to_text(g);
    });
    check(text.has_value(), ErrorId::unknown_name, "no pass is called '", after, "'; there are ", known);
    return *text;
  });
}

void Model::set_profiling(bool on) { state_->context.set_profiling(on); }

std::vector<StepTime> Model::step_times() const {
  std::vector<StepTime> list;
  const std::vector<double>& ms = state_->context.step_ms();
  for (size_t i = 0; i < ms.size(); ++i)
    list.push_back({state_->built->plan->steps[i].kernel, state_->built->plan->steps[i].origins, ms[i]});
  return list;
}

std::map<std::string, double> Model::stats() const {
  std::map<std::string, double> stats = state_->built->stats;
  stats["arena_bytes"] = double(state_->context.arena_bytes());
  return stats;
}

}  // namespace tenon::api
