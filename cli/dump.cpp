// tenon dump: the graph as text.
#include <cstdio>
#include <memory>

#include "commands.h"

namespace tenon::cli {

void add_dump(CLI::App& program) {
  auto source = std::make_shared<Source>();
  auto after = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand("dump", "Prints the graph as text, as it is before all passes");
  source->add_to(*command, false);
  std::string passes;
  for (const std::string& name : api::catalogue().passes) passes += (passes.empty() ? "" : ", ") + name;
  command->add_option("--after", *after, "print it as it is behind this pass instead: " + passes);
  command->callback([=] {
    source->options.optimize = false;  // the graph is all that is wanted of this build
    std::fputs(source->load().dump(*after).c_str(), stdout);
  });
}

}  // namespace tenon::cli
