// tenon build: a model in, an engine file out.
#include <cstdio>
#include <memory>

#include "commands.h"

namespace tenon::cli {

void add_build(CLI::App& program) {
  auto source = std::make_shared<Source>();
  auto to = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("build", "Builds a model and saves it as an engine file");
  source->add_to(*command, true);
  command->add_option("-o,--output", *to, "the engine file")->required();
  command->callback([=] {
    api::Model model = source->load();
    model.save(*to);
    std::map<std::string, double> stats = model.stats();
    std::printf("%s: %.0f steps, %.1f MB of weights, built in %.1f ms\n", to->c_str(), stats["steps"],
                stats["weights_bytes"] / 1e6, stats["build_ms"]);
  });
}

}  // namespace tenon::cli
