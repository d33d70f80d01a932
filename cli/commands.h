// The commands, and what they share. Each adds itself to the program; CLI11 calls it when its name is given.
#pragma once
#include <tenon.h>

#include <CLI/CLI.hpp>

namespace tenon::cli {

void add_build(CLI::App& program);
void add_run(CLI::App& program);
void add_explain(CLI::App& program);
void add_dump(CLI::App& program);

// A model on the command line, and how to build it.
struct Source {
  std::string path;
  api::Options options;
  std::vector<std::string> profile;  // N=1,4,16

  void add_to(CLI::App& command, bool with_options);
  api::Model load();
};

// Numbers between commas; what is none is a usage error of `option`.
std::vector<int64_t> numbers(const std::string& text, const std::string& option);
// NAME=VALUE, cut at the first =; anything else is a usage error of `option`.
std::pair<std::string, std::string> named(const std::string& text, const std::string& option);
// One line, and nothing that a terminal obeys: names come from files.
std::string plain(std::string text);
[[noreturn]] void fail(const char* id, const char* code, const std::string& message);

}  // namespace tenon::cli
