#include "select/timing_cache.h"

#include <charconv>
#include <cmath>

#include "base/error.h"

namespace tenon {

static constexpr std::string_view header = "# tenon timing cache 1";

const double* TimingCache::find(const std::string& key) const {
  auto it = times_.find(key);
  return it == times_.end() ? nullptr : &it->second;
}

void TimingCache::insert(const std::string& key, double ms) {
  auto [it, fresh] = times_.try_emplace(key, ms);
  if (!fresh && ms < it->second) it->second = ms;
}

void TimingCache::merge(const TimingCache& other) {
  for (const auto& [key, ms] : other.times_) insert(key, ms);
}

std::string TimingCache::to_text() const {
  std::string text = concat(header, "\n");
  for (const auto& [key, ms] : times_) {
    char number[40];
    text.append(number, std::to_chars(number, number + sizeof number, ms).ptr);
    text += concat("\t", key, "\n");
  }
  return text;
}

std::vector<std::string> TimingCache::read(std::string_view text) {
  std::vector<std::string> warnings;
  if (text.empty()) return {};
  check(text.substr(0, text.find('\n')) == header, ErrorId::text_malformed,
        "this is no timing cache: its first line is not '", header, "'");
  size_t damaged = 0;
  for (text.remove_prefix(std::min(header.size() + 1, text.size())); !text.empty();) {
    std::string_view line = text.substr(0, text.find('\n'));
    bool complete = line.size() < text.size();
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    double ms = 0;
    auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), ms);
    bool good = complete && error == std::errc() && end < line.data() + line.size() && *end == '\t' &&
                std::isfinite(ms) && ms > 0 && ms < 1e7;
    if (good) insert(std::string(end + 1, line.data() + line.size()), ms);
    else ++damaged;
  }
  if (damaged) warnings.push_back(concat("the timing cache has ", damaged, " damaged lines; they are ignored"));
  return warnings;
}

}  // namespace tenon
