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

std::string to_text(const std::vector<Profile>& profiles) {
  std::string text = profiles.size() > 1 ? concat("profiles ", profiles.size(), "\n") : "";
  for (size_t i = 0; i < profiles.size(); ++i)
    for (const auto& [name, range] : profiles[i].ranges)
      text += concat(i ? concat("other_profile ", i, " ") : "profile ", quoted(name), " ", range.low, " ",
                     profiles[i].typical.find(name)->second, " ", range.high, "\n");
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

static bool is_profile(std::string_view line) {
  return line.starts_with("profile ") || line.starts_with("profiles ") || line.starts_with("other_profile ");
}

std::string without_profiles(std::string_view text) {
  std::string rest;
  while (!text.empty())
    if (std::string_view line = take_line(text); !is_profile(line)) rest += concat(line, "\n");
  return rest;
}

std::vector<Profile> read_profiles(std::string_view text) {
  constexpr int64_t most = 1024;
  std::vector<Profile> profiles(1);
  while (!text.empty()) {
    Words words(take_line(text));
    if (words.take("profiles ")) {
      int64_t count = number(words.value());
      check(1 <= count && count <= most, ErrorId::engine_malformed, "there are ", count, " profiles, at most ", most,
            " are possible");
      profiles.resize(size_t(count));
      continue;
    }
    bool other = words.take("other_profile ");
    if (!other && !words.take("profile ")) continue;
    int64_t i = other ? number(words.value()) : 0;
    check(i < int64_t(profiles.size()), ErrorId::engine_malformed, "profile ", i, " of ", profiles.size());
    std::string name = words.name();
    int64_t low = number(words.value()), typical = number(words.value()), high = number(words.value());
    profiles[size_t(i)].ranges[name] = {low, high};
    profiles[size_t(i)].typical[name] = typical;
  }
  return profiles;
}

}  // namespace tenon
