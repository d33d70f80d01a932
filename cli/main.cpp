// tenon: the command line tool. Failures are one line on stderr and status 1, usage errors status 2.
#include <cstdio>
#include <new>

#include "commands.h"

namespace {

int report(const std::string& text) {
  std::fflush(stdout);
  std::fprintf(stderr, "tenon: %s\n", tenon::cli::plain(text).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Tenon: builds, runs and explains models.", "tenon");
  program.require_subcommand(1);
  tenon::cli::add_build(program);
  tenon::cli::add_run(program);
  tenon::cli::add_explain(program);
  tenon::cli::add_dump(program);
  try {
    program.parse(argc, argv);
    if (std::fflush(stdout) != 0) return report("TN703: cannot write to standard output");
    return 0;
  } catch (const CLI::ParseError& e) {
    return program.exit(e) == 0 ? 0 : 2;
  } catch (const tenon::api::Failure& e) {
    return report(e.what());
  } catch (const std::bad_alloc&) {
    return report("TN401: out of memory");
  } catch (const std::exception& e) {
    return report(std::string("TN901: ") + e.what());
  }
}
