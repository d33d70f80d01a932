// tenon explain: every step with what it beat and who refused.
#include <cstdio>
#include <memory>

#include "commands.h"

namespace tenon::cli {

void add_explain(CLI::App& program) {
  auto source = std::make_shared<Source>();
  CLI::App* command = program.add_subcommand("explain", "Prints every step with what it beat and who refused");
  source->add_to(*command, true);
  command->callback([=] { std::fputs(source->load().explain().c_str(), stdout); });
}

}  // namespace tenon::cli
