#include "select/profile.h"

#include "ir/fields_text.h"

namespace tenon {

void check_profile(const Profile& profile, const std::map<std::string, int>& symbols) {
  if (profile.ranges.empty()) return;
  for (const auto& [name, count] : symbols)
    check(profile.ranges.contains(name), "the profile lacks the dimension '", name, "'");
  for (const auto& [name, range] : profile.ranges) {
    check(symbols.contains(name), "the profile names the dimension '", name, "', which no input has");
    auto typical = profile.typical.find(name);
    check(typical != profile.typical.end() && 0 <= range.low && range.low <= typical->second &&
              typical->second <= range.high,
          "the profile of '", name, "' is not 0 <= lowest <= typical <= highest");
  }
}

std::string to_text(const Profile& profile) {
  std::string text;
  for (const auto& [name, range] : profile.ranges)
    text += concat("profile ", quoted(name), " ", range.low, " ", profile.typical.find(name)->second, " ", range.high,
                   "\n");
  return text;
}

static int64_t number(std::string_view digits) {
  int64_t n = 0;
  check(!digits.empty() && digits.size() <= 18, ErrorId::engine_malformed, "expected a number in a profile");
  for (char c : digits) {
    check(c >= '0' && c <= '9', ErrorId::engine_malformed, "expected a number in a profile, found '", digits, "'");
    n = n * 10 + (c - '0');
  }
  return n;
}

static std::string_view take_line(std::string_view& text) {
  size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string without_profile(std::string_view text) {
  std::string rest;
  while (!text.empty())
    if (std::string_view line = take_line(text); !line.starts_with("profile ")) rest += concat(line, "\n");
  return rest;
}

Profile read_profile(std::string_view text) {
  Profile profile;
  while (!text.empty()) {
    Words words(take_line(text));
    if (!words.take("profile ")) continue;
    std::string name = words.name();
    int64_t low = number(words.value()), typical = number(words.value()), high = number(words.value());
    profile.ranges[name] = {low, high};
    profile.typical[name] = typical;
  }
  return profile;
}

}  // namespace tenon
