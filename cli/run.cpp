// tenon run: binds inputs, runs, and says how long it took and what came out.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

#include "array.h"
#include "commands.h"

namespace tenon::cli {

namespace {

struct Run {
  Source source;
  std::vector<std::string> inputs, sizes;
  uint64_t seed = 1;
  int runs = 10;
  std::string output;
  bool steps = false;
};

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Open dimensions: as --size says, else what --profile calls typical, else 1.
std::vector<int64_t> shape_of(const api::Port& port, const std::map<std::string, int64_t>& sizes,
                              const api::Options& options) {
  std::vector<int64_t> shape;
  for (const std::string& d : port.shape) {
    int64_t& n = shape.emplace_back(1);
    auto [end, error] = std::from_chars(d.data(), d.data() + d.size(), n);
    if (error == std::errc() && end == d.data() + d.size()) continue;
    auto size = sizes.find(d);
    auto range = options.profile.find(d);
    n = size != sizes.end() ? size->second : range != options.profile.end() ? range->second.typical : 1;
  }
  return shape;
}

std::vector<Array> inputs_of(const api::Model& model, const Run& run) {
  std::map<std::string, std::string> files;
  std::map<std::string, int64_t> sizes;
  std::set<std::string> open;
  std::string names;
  for (const api::Port& port : model.inputs()) {
    names += (names.empty() ? "" : ", ") + port.name;
    open.insert(port.shape.begin(), port.shape.end());
  }
  for (const std::string& text : run.inputs)
    if (!files.insert(named(text, "--input")).second) throw CLI::ValidationError("--input", text + " is given twice");
  for (const std::string& text : run.sizes) {
    auto [name, value] = named(text, "--size");
    sizes[name] = numbers(value, "--size").front();
    if (!open.count(name)) fail("TN105", "invalid_argument", "no input has a dimension '" + name + "'");
  }
  std::vector<Array> arrays;
  for (const api::Port& port : model.inputs()) {
    auto file = files.find(port.name);
    if (file == files.end()) {
      fill_random(arrays.emplace_back(make_array(port.element, shape_of(port, sizes, run.source.options))),
                  run.seed + arrays.size());
      continue;
    }
    arrays.push_back(read_npy(file->second));
    if (arrays.back().element != port.element)
      fail("TN101", "invalid_argument",
           "input '" + port.name + "' has elements " + port.element + ", '" + file->second + "' has " +
               arrays.back().element);
    files.erase(file);
  }
  if (!files.empty())
    fail("TN105", "invalid_argument", "no input is called '" + files.begin()->first + "'; there are " + names);
  return arrays;
}

void print_times(std::vector<double> ms, double first) {
  std::sort(ms.begin(), ms.end());
  auto quantile = [&](size_t percent) { return ms[std::min(ms.size() - 1, ms.size() * percent / 100)]; };
  std::printf("latency: p50 %.3f ms, p90 %.3f ms, p99 %.3f ms; %zu runs after a first of %.3f ms\n", quantile(50),
              quantile(90), quantile(99), ms.size(), first);
}

void print_steps(const api::Model& model, int runs) {
  std::vector<api::StepTime> steps = model.step_times();
  double sum = 0;
  for (const api::StepTime& step : steps) sum += step.ms;
  std::printf("%10s %6s  step\n", "ms", "share");
  for (const api::StepTime& step : steps)
    std::printf("%10.4f %5.1f%%  %s: %s\n", step.ms / runs, sum > 0 ? 100 * step.ms / sum : 0., step.kernel.c_str(),
                plain(step.origins).c_str());
}

// A model chooses its outputs' names, but not where files go: what could leave the folder is replaced.
void save(const std::string& folder, const std::vector<api::Port>& ports, const std::vector<Array>& arrays) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail("TN703", "io", "cannot make the folder '" + folder + "': " + error.message());
  std::set<std::string> taken;
  for (size_t i = 0; i < ports.size(); ++i) {
    std::string name = ports[i].name.substr(0, 200);
    for (char& c : name)
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') c = '_';
    if (name.empty() || name[0] == '.') name = "_" + name;
    while (!taken.insert(name).second) name += "_";
    write_npy(folder + "/" + name + ".npy", arrays[i]);
  }
}

void run_model(Run& run) {
  api::Model model = run.source.load();
  std::vector<Array> inputs = inputs_of(model, run), outputs;
  std::vector<api::TensorRef> from;
  std::vector<void*> to;
  for (const Array& a : inputs) from.push_back({a.data.data(), a.shape, a.data.size()});
  std::vector<std::vector<int64_t>> shapes = model.bind(from);
  for (size_t i = 0; i < shapes.size(); ++i) outputs.push_back(make_array(model.outputs()[i].element, shapes[i]));
  for (Array& a : outputs) to.push_back(a.data.data());

  double start = now_ms();
  model.run(from, to);
  double first = now_ms() - start;
  model.set_profiling(run.steps);
  std::vector<double> ms;
  for (int i = 0; i < run.runs; ++i) {
    start = now_ms();
    model.run(from, to);
    ms.push_back(now_ms() - start);
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    std::printf("input %s: %s\n", plain(model.inputs()[i].name).c_str(), type_text(inputs[i]).c_str());
  for (size_t i = 0; i < outputs.size(); ++i)
    std::printf("output %s: %s, %s\n", plain(model.outputs()[i].name).c_str(), type_text(outputs[i]).c_str(),
                summary(outputs[i]).c_str());
  print_times(ms, first);
  if (run.steps) print_steps(model, run.runs);
  if (!run.output.empty()) save(run.output, model.outputs(), outputs);
}

}  // namespace

void add_run(CLI::App& program) {
  auto run = std::make_shared<Run>();
  CLI::App* command = program.add_subcommand("run", "Runs a model: latency, and what came out");
  run->source.add_to(*command, true);
  command->add_option("--input", run->inputs, "NAME=FILE.npy; inputs without a file are random")
      ->allow_extra_args(false);
  command->add_option("--size", run->sizes, "of an open dimension of random inputs: N=4; else the typical size, or 1")
      ->allow_extra_args(false);
  command->add_option("--seed", run->seed, "of random inputs")->capture_default_str();
  command->add_option("--runs", run->runs, "timed runs after the first")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  command->add_option("--output", run->output, "a folder: every output as NAME.npy");
  command->add_flag("--profile-steps", run->steps, "the time of every step, the mean of all timed runs");
  command->callback([=] { run_model(*run); });
}

}  // namespace tenon::cli
