#include <charconv>

#include "commands.h"

namespace tenon::cli {

std::string plain(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = ' ';
  return text;
}

void fail(const char* id, const char* code, const std::string& message) {
  throw api::Failure(std::string(id) + ": " + message, id, code);
}

std::pair<std::string, std::string> named(const std::string& text, const std::string& option) {
  size_t equals = text.find('=');
  if (equals == text.npos || equals == 0 || equals + 1 == text.size())
    throw CLI::ValidationError(option, "expected NAME=VALUE, found '" + text + "'");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::vector<int64_t> numbers(const std::string& text, const std::string& option) {
  std::vector<int64_t> list;
  for (const char *at = text.data(), *end = at + text.size();; ++at) {
    auto [next, error] = std::from_chars(at, end, list.emplace_back());
    if (error != std::errc() || (next != end && *next != ','))
      throw CLI::ValidationError(option, "expected numbers between commas, found '" + text + "'");
    if ((at = next) == end) return list;
  }
}

void Source::add_to(CLI::App& command, bool with_options) {
  command.add_option("model", path, "ONNX or engine file")->required();
  if (!with_options) return;
  command.add_option("--device", options.device, "cpu; cuda: the first NVIDIA GPU; auto: it if there is one");
  command.add_option("--keep", options.keep, "values that stay f32 all the same, by name");
  command.add_option("--permit", options.permit, "what f32 values inside may be stored as: f16, bf16")
      ->allow_extra_args(false)
      ->delimiter(',');
  command.add_option("--threads", options.threads, "0: all that the process may use")->check(CLI::Range(0, 4096));
  command.add_option("--tuning-ms", options.tuning_ms, "time for measuring kernels; 0: choose by prediction alone")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--timing-cache", options.timing_cache, "a file of measured times, read and written by tuning");
  command
      .add_option("--provider", options.providers, "whose kernels may be chosen beside the reference's; all if none")
      ->allow_extra_args(false)
      ->delimiter(',');
  command.add_option("--profile", profile, "lowest, typical and highest size of an open dimension: N=1,4,16")
      ->allow_extra_args(false);
  command.add_flag("!--no-optimize", options.optimize, "every node by its reference kernel");
}

api::Model Source::load() {
  for (const std::string& text : profile) {
    auto [name, range] = named(text, "--profile");
    std::vector<int64_t> sizes = numbers(range, "--profile");
    if (sizes.size() != 3) throw CLI::ValidationError("--profile", "expected three sizes, found '" + text + "'");
    if (!options.profile.insert({name, {sizes[0], sizes[1], sizes[2]}}).second)
      throw CLI::ValidationError("--profile", "'" + name + "' is given twice");
  }
  return api::Model::load(path, options);
}

}  // namespace tenon::cli
