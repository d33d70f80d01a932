// include/tenon.h over the core: the border where internal errors become api::Failure.
#include <tenon.h>

#include <algorithm>
#include <cstdio>
#include <list>

#include "base/file.h"
#include "ir/text.h"
#include "onnx/late_inputs.h"
#include "optimizer/pipeline.h"
#include "plan/engine_file.h"
#include "runtime/program_context.h"
#include "tenon/build.h"
#include "tenon/guarded.h"
#include "tenon/late_model.h"
#include "tenon/network.h"
#include "tenon/providers.h"

namespace tenon::api {

constexpr int64_t max_file_bytes = int64_t(1) << 40;

// A plan and the memory to run it. A model has one, or where it has late inputs one for each set of their values.
struct Run {
  Run(std::string k, std::shared_ptr<const Built> b, int threads)
      : key(std::move(k)), built(std::move(b)), context(built->program, threads) {}
  std::string key;
  std::shared_ptr<const Built> built;
  ProgramContext context;
};
constexpr size_t max_runs = 8;

struct Model::State {
  std::vector<Port> inputs, outputs;
  int threads;
  std::shared_ptr<LateModel> late;  // null: any inputs serve one plan
  std::list<Run> runs;              // the one that is bound comes first
  bool profiling = false;
  // Of the call that goes on, kept so that the next one allocates nothing.
  std::vector<Extents> extents;
  std::vector<const void*> addresses;

  State(std::shared_ptr<const Built> built, int t) : threads(t) {
    for (const Bound& in : built->program->inputs()) inputs.push_back(port_of(in.name, in.type));
    for (const Program::Output& out : built->program->outputs) outputs.push_back(port_of(out.name, out.type));
    add("", std::move(built));
  }
  State(std::shared_ptr<LateModel> model, int t)
      : inputs(model->inputs()), outputs(model->outputs()), threads(t), late(std::move(model)) {}
  std::unique_ptr<State> copy() const {
    return late ? std::make_unique<State>(late, threads) : std::make_unique<State>(runs.front().built, threads);
  }

  void add(std::string key, std::shared_ptr<const Built> built) {
    runs.emplace_front(std::move(key), std::move(built), threads);
    if (runs.size() > max_runs) runs.pop_back();
    if (profiling) runs.front().context.set_profiling(true);
  }
  Run& now() {
    if (runs.empty())
      fail(ErrorId::invalid_argument, "the values of ", late->names(), " decide the model's shapes: run it once first");
    return runs.front();
  }
  void choose(const std::vector<TensorRef>& given) {
    if (!late) return;
    std::string key = late->key(given);
    auto known = std::find_if(runs.begin(), runs.end(), [&](const Run& r) { return r.key == key; });
    if (known != runs.end()) runs.splice(runs.begin(), runs, known);
    else add(key, late->build(key, given));
  }
  ProgramContext& bind(const std::vector<TensorRef>& given) {
    check(given.size() == inputs.size(), "the network has ", inputs.size(), " inputs, found ", given.size());
    choose(given);
    extents.clear();
    each_bound(given, [&](size_t, const TensorRef& in) { extents.emplace_back(std::span<const int64_t>(in.shape)); });
    now().context.set_shapes(extents);
    return now().context;
  }
  template <class Visit>
  void each_bound(const std::vector<TensorRef>& given, Visit visit) const {  // late ones are constants in the plan
    for (size_t i = 0; i < given.size(); ++i)
      if (!late || !late->is_late(i)) visit(i, given[i]);
  }
};

static BuildOptions how_to_build(const Options& options) {
  BuildOptions how;
  how.device = options.device;
  for (const std::string& element : options.permit) {
    check(element == "f16" || element == "bf16", "'", element, "' cannot be permitted; f16 and bf16 can");
    (element == "f16" ? how.permissions.f16 : how.permissions.bf16) = true;
  }
  how.keep = options.keep;
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

std::unique_ptr<Model::State> Model::import(std::vector<std::byte> bytes, const std::string& folder,
                                            const Options& options) {
  BuildOptions how = how_to_build(options);
  onnx::Model model = onnx::read_model(std::move(bytes));
  model.folder = folder;
  std::vector<std::string> notes;
  std::optional<Graph> graph;
  try {
    graph = lower(onnx::import_model(model, how.stop, &notes));
  } catch (const Error& e) {
    if (e.id() != ErrorId::not_known) throw;
    std::vector<std::string> late = onnx::late_inputs(model, how.stop);
    auto with_late_inputs = [&] {
      return std::make_unique<State>(std::make_shared<LateModel>(std::move(model), late, how), options.threads);
    };
    // A plan for each set of values takes any of them, below zero too; it wants the file to state its outputs' types.
    if (!late.empty() && LateModel::states_outputs(model)) return with_late_inputs();
    notes.clear();
    try {
      graph = lower(onnx::import_model(model, how.stop, &notes, {}, onnx::ComputedExtents::bound));
    } catch (const Error& unbound) {
      if (unbound.id() != ErrorId::not_known || late.empty()) throw;
      return with_late_inputs();  // which says what it lacks
    }
  }
  say(notes);
  model = {};  // the file's bytes go before the build takes memory of its own
  return std::make_unique<State>(finish(std::move(*graph), how), options.threads);
}

// An engine or an ONNX model, told apart by content.
std::unique_ptr<Model::State> Model::build_from(std::vector<std::byte> bytes, const std::string& folder,
                                                const Options& options) {
  if (!looks_like_an_engine(bytes)) return import(std::move(bytes), folder, options);
  auto file = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  if (std::optional<std::vector<std::byte>> model = model_of_engine(file))
    return import(std::move(*model), "", options);
  BuildOptions how = how_to_build(options);
  Graph graph = read_engine(std::move(file), &how.plans);
  return std::make_unique<State>(finish(std::move(graph), how), options.threads);
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
  all.onnx = onnx::imported_operators();
  return all;
}

Model Model::load(const std::string& path, const Options& options) {
  return guarded([&] {
    std::vector<std::byte> bytes = read_file(path, max_file_bytes, operating_system(), Stop(options.cancelled));
    return Model(build_from(std::move(bytes), folder_of(path), options));
  });
}

Model Model::load(const void* data, size_t bytes, const Options& options) {
  return guarded([&] {
    const auto* first = static_cast<const std::byte*>(data);
    std::vector<std::byte> copy(first, first + bytes);
    return Model(build_from(std::move(copy), "", options));
  });
}

Model Model::build(const Network& network, const Options& options) {
  return guarded([&] {
    std::shared_ptr<const Built> built = finish(lower(network.state_->network), how_to_build(options));
    return Model(std::make_unique<State>(std::move(built), options.threads));
  });
}

void Model::save(const std::string& path) const {
  guarded([&] {
    if (state_->late) return state_->late->save(path);
    const Built& built = *state_->now().built;
    save_atomically(path, write_engine(*built.graph, built.plans).parts);
  });
}

Model::Model(std::unique_ptr<State> state) : state_(std::move(state)) {}
Model::Model(const Model& other) : state_(other.state_->copy()) {}
Model::Model(Model&&) noexcept = default;
Model::~Model() = default;

const std::vector<Port>& Model::inputs() const { return state_->inputs; }
const std::vector<Port>& Model::outputs() const { return state_->outputs; }

std::vector<std::vector<int64_t>> Model::bind(const std::vector<TensorRef>& inputs) {
  return guarded([&] {
    ProgramContext& context = state_->bind(inputs);
    std::vector<std::vector<int64_t>> shapes;
    for (size_t i = 0; i < state_->outputs.size(); ++i) {
      std::optional<Extents> e = context.output_extents(int(i));
      if (e) shapes.emplace_back(e->begin(), e->end());
      else shapes.emplace_back(state_->outputs[i].shape.size(), -1);
    }
    return shapes;
  });
}

void Model::run(const std::vector<TensorRef>& inputs, const std::vector<void*>& outputs) {
  guarded([&] {
    ProgramContext& context = state_->bind(inputs);
    const std::vector<Bound>& bound = state_->now().built->program->inputs();
    std::vector<const void*>& from = state_->addresses;
    from.clear();
    state_->each_bound(inputs, [&](size_t i, const TensorRef& in) {
      int64_t expected = checked_mul(state_->extents[from.size()].count(), size_bytes(bound[from.size()].type.element));
      check(int64_t(in.bytes) == expected, "input '", state_->inputs[i].name, "' has ", in.bytes, " bytes, expected ",
            expected);
      from.push_back(in.data);
    });
    context.run(from, outputs);
  });
}

TensorRef Model::result(int i) const {
  return guarded([&] {
    check(i >= 0 && size_t(i) < state_->outputs.size(), "there is no output ", i);
    ConstView made = state_->now().context.result(i);
    int64_t bytes = checked_mul(made.count(), size_bytes(made.element));
    return TensorRef{made.data, {made.extents.begin(), made.extents.end()}, size_t(bytes)};
  });
}

std::string Model::explain() const {
  return guarded([&] { return state_->now().built->explanation; });
}

std::string Model::dump(const std::string& after) const {
  return guarded([&] {
    const Graph& built = *state_->now().built->graph;
    if (after.empty()) return to_text(built);
    std::string known;
    for (const Pass& pass : passes()) known += concat(known.empty() ? "" : ", ", pass.name);
    std::optional<std::string> text;
    Graph graph = clone(built);
    optimize(graph, {after.c_str()}, [&](const char* pass, const Graph& g) {
      if (pass == after) text = to_text(g);
    });
    check(text.has_value(), ErrorId::unknown_name, "no pass is called '", after, "'; there are ", known);
    return *text;
  });
}

void Model::set_profiling(bool on) {
  state_->profiling = on;
  for (Run& r : state_->runs) r.context.set_profiling(on);
}

std::vector<StepTime> Model::step_times() const {
  return guarded([&] {
    std::vector<StepTime> list;
    const Run& now = state_->now();
    std::vector<double> ms = now.context.step_ms();
    if (ms.empty()) return list;
    for (const Program::Stage& stage : now.built->program->stages)
      for (const Step& step : stage.plan->steps) list.push_back({step.kernel, step.origins, ms[list.size()]});
    return list;
  });
}

std::map<std::string, double> Model::stats() const {
  if (state_->runs.empty()) return {};  // nothing is built yet
  std::map<std::string, double> stats = state_->runs.front().built->stats;
  stats["arena_bytes"] = double(state_->runs.front().context.arena_bytes());
  return stats;
}

}  // namespace tenon::api
